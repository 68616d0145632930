package io.hearth.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.ThrottledException;
import io.smallrye.mutiny.Uni;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WriteRetriesTest {
    private final AtomicInteger attempts = new AtomicInteger();

    /** A write that is refused once, does not tell its outcome once, and is done then. */
    private final Uni<Void> write = Uni.createFrom().deferred(() -> switch (attempts.incrementAndGet()) {
        case 1 -> Uni.createFrom().failure(new ThrottledException("refused on demand", null));
        case 2 -> Uni.createFrom().failure(new OutcomeUnknownException("failed on demand", null));
        default -> Uni.createFrom().voidItem();
    });

    private final Uni<Void> broken = Uni.createFrom().deferred(() -> {
        attempts.incrementAndGet();
        return Uni.createFrom().failure(new IllegalStateException("broken on demand"));
    });

    @Test
    void whilePatient_whatMayPass_isTriedAgain() {
        WriteRetries.whilePatient(write).await().indefinitely();
        assertThat(attempts.get()).isEqualTo(3);
    }

    @Test
    void untilDurable_whatMayPass_isTriedAgain() {
        WriteRetries.untilDurable(write, () -> true).await().indefinitely();
        assertThat(attempts.get()).isEqualTo(3);
    }

    @Test
    void untilDurable_doesNotGoOn_failsAsTheWriteDid() {
        Uni<Void> given = WriteRetries.untilDurable(write, () -> attempts.get() < 2);
        assertThatThrownBy(() -> given.await().indefinitely()).isInstanceOf(OutcomeUnknownException.class);
        assertThat(attempts.get()).isEqualTo(2);
    }

    @Test
    void both_whatDoesNotPass_isNotTriedAgain() {
        Uni<Void> patient = WriteRetries.whilePatient(broken);
        Uni<Void> durable = WriteRetries.untilDurable(broken, () -> true);
        assertThatThrownBy(() -> patient.await().indefinitely()).hasMessage("broken on demand");
        assertThatThrownBy(() -> durable.await().indefinitely()).hasMessage("broken on demand");
        assertThat(attempts.get()).isEqualTo(2);
    }
}
