package io.hearth.series.clock;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.HybridTime;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HybridClockTest {
    private final AtomicLong wallMillis = new AtomicLong(1_000_000);

    @Test
    void next_wallClockStandsOrStepsBack_stillGrows() {
        HybridClock clock = clock(0);
        long before = clock.next().hybridTime();
        for (long step : new long[] {0, 0, -5_000, 1, -100_000, 7}) {
            wallMillis.addAndGet(step);
            long next = clock.next().hybridTime();
            assertThat(next).isGreaterThan(before);
            before = next;
        }
    }

    @Test
    void next_counterFull_carriesIntoTheMilliseconds() {
        HybridClock clock = clock(0);
        long before = clock.next().hybridTime();
        for (int i = 0; i < 2 * HybridTime.MAX_COUNTER; i++) {
            long next = clock.next().hybridTime();
            assertThat(next).isGreaterThan(before);
            before = next;
        }
        assertThat(new HybridTime(before).physicalMillis()).isBetween(wallMillis.get() + 1, wallMillis.get() + 2);
    }

    @Test
    void next_untilAHorizonIsStored_carriesOne() {
        HybridClock clock = clock(0);
        HybridClock.Tick first = clock.next();
        assertThat(first.horizonMillis()).isGreaterThan(wallMillis.get());
        assertThat(clock.next().horizonMillis()).isEqualTo(first.horizonMillis());

        clock.stored(first.horizonMillis());
        assertThat(clock.next().horizonMillis()).isZero();

        wallMillis.set(first.horizonMillis());
        assertThat(clock.next().horizonMillis()).isGreaterThan(first.horizonMillis());
    }

    @Test
    void restart_withAClockThatSteppedBack_beginsBehindEveryTimeGivenOut() {
        HybridClock clock = clock(0);
        long stored = 0;
        long last = 0;
        for (int i = 0; i < 5_000; i++) {
            wallMillis.incrementAndGet();
            HybridClock.Tick tick = clock.next();
            if (tick.horizonMillis() != 0) {
                stored = tick.horizonMillis();
                clock.stored(stored);
            }
            last = tick.hybridTime();
        }
        wallMillis.addAndGet(-1_000_000);

        assertThat(clock(stored).next().hybridTime()).isGreaterThan(last);
    }

    private HybridClock clock(long storedHorizonMillis) {
        return new HybridClock(() -> Instant.ofEpochMilli(wallMillis.get()), storedHorizonMillis);
    }
}
