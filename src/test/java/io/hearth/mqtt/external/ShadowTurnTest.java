package io.hearth.mqtt.external;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.lease.Lease;
import io.hearth.table.FakeClock;
import io.hearth.table.memory.MemoryTable;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ShadowTurnTest {
    private final FakeClock clock = new FakeClock();
    private final MemoryTable table = new MemoryTable(clock);
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicLong suspendedNanos = new AtomicLong();
    private final Lease suspended = new Lease(table, "shadow-requests", ShadowTurn.TERM, suspendedNanos::get, clock);
    private final ShadowTurn turn = new ShadowTurn(suspended);

    @Test
    void isMine_afterTheMachineWasSuspendedAndAnotherServes_isNo() {
        Lease other = new Lease(table, "shadow-requests", ShadowTurn.TERM, nanos::get, clock);
        assertThat(suspended.hold()).isTrue();
        assertThat(turn.isMine()).isTrue();
        assertThat(other.hold()).isFalse();
        pass();
        assertThat(other.hold()).isTrue();

        assertThat(turn.isMine()).isFalse();
    }

    @Test
    void isMine_afterTheMachineWasSuspendedAndNobodyElseServes_isYes() {
        assertThat(suspended.hold()).isTrue();
        pass();
        assertThat(turn.isMine()).isTrue();
    }

    @Test
    void isMine_afterTheMachineWasSuspendedAndTheTableIsGone_isNo() {
        assertThat(suspended.hold()).isTrue();
        pass();
        table.close();
        assertThat(turn.isMine()).isFalse();
    }

    /** For all but the machine that is suspended, whose stopwatch stands still. */
    private void pass() {
        clock.advance(ShadowTurn.TERM.plusSeconds(1));
        nanos.addAndGet(ShadowTurn.TERM.plusSeconds(1).toNanos());
    }
}
