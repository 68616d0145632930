package io.hearth.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class StampShiftTest {
    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
    private static final long YEARS_MILLIS = Duration.ofDays(3652).toMillis();

    private static long stamp(Instant time, int counter) {
        return HybridTime.of(time.toEpochMilli(), counter).packed();
    }

    private static Instant timeOf(long stamp) {
        return Instant.ofEpochMilli(stamp >>> HybridTime.COUNTER_BITS);
    }

    @Test
    void stamp_notAhead_stays() {
        StampShift shift = new StampShift.Builder(NOW, Duration.ofMinutes(1)).build(null);

        assertThat(shift.size()).isZero();
        assertThat(shift.stamp(stamp(NOW, 7))).isEqualTo(stamp(NOW, 7));
        assertThat(shift.stamp(stamp(NOW.plusSeconds(59), 0))).isEqualTo(stamp(NOW.plusSeconds(59), 0));
    }

    @Test
    void stamp_thatWasNotGathered_isRefused() {
        StampShift shift = new StampShift.Builder(NOW, Duration.ofMinutes(1)).build(null);

        assertThatThrownBy(() -> shift.stamp(stamp(NOW.plusSeconds(61), 0)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void ahead_ofWritesOfTheTimeAfterTheMend_isWhatTheFirstOfThemShows() {
        StampShift.Builder stamps = new StampShift.Builder(NOW, Duration.ofMinutes(1));
        Instant mended = NOW.minusSeconds(3600);
        Instant wrong = mended.plusMillis(YEARS_MILLIS);
        stamps.addWrite(stamp(wrong.minusSeconds(100), 0), EpochMicros.of(wrong.minusSeconds(100)));
        stamps.addWrite(stamp(wrong, 1), EpochMicros.of(mended));
        stamps.addWrite(stamp(wrong, 2), EpochMicros.of(mended.plusSeconds(1800)));

        StampShift shift = stamps.build(null);

        assertThat(shift.ahead()).isEqualTo(Duration.ofMillis(YEARS_MILLIS));
        assertThat(timeOf(shift.stamp(stamp(wrong.minusSeconds(100), 0)))).isEqualTo(mended.minusSeconds(100));
        assertThat(shift.timeMicros(EpochMicros.of(wrong))).isEqualTo(EpochMicros.of(mended));
        assertThat(shift.timeMicros(EpochMicros.of(mended))).isEqualTo(EpochMicros.of(mended));
    }

    @Test
    void ahead_withoutWritesOfTheTimeAfter_bringsTheLatestToNow() {
        StampShift.Builder stamps = new StampShift.Builder(NOW, Duration.ofMinutes(1));
        stamps.add(stamp(NOW.plusMillis(YEARS_MILLIS), 0));
        stamps.add(stamp(NOW.plusMillis(YEARS_MILLIS).minusSeconds(10), 0));

        StampShift shift = stamps.build(null);

        assertThat(shift.ahead()).isEqualTo(Duration.ofMillis(YEARS_MILLIS));
        assertThat(timeOf(shift.stamp(stamp(NOW.plusMillis(YEARS_MILLIS).minusSeconds(10), 0))))
                .isEqualTo(NOW.minusSeconds(10));
    }

    /** Whatever the stamps are, and whoever says how far they are ahead. */
    @Test
    void stamps_ofAnyKind_keepTheirOrderBehindWhatWasBeforeAndNotAfterNow() {
        long seed = Long.getLong(StampShiftTest.class.getSimpleName() + ".seed", new Random().nextLong());
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            StampShift.Builder stamps = new StampShift.Builder(NOW, Duration.ofMinutes(1));
            TreeSet<Long> all = new TreeSet<>();
            Instant start = NOW.plus(Duration.ofMinutes(2)).plusSeconds(random.nextInt(400_000_000));
            int count = random.nextInt(3000);
            for (int i = 0; i < count; i++) {
                long stamp = stamp(start.plusMillis(random.nextInt(5000)), random.nextInt(4));
                all.add(stamp);
                stamps.add(stamp);
                if (random.nextBoolean()) {
                    stamps.addWrite(stamp, EpochMicros.of(NOW.minusSeconds(random.nextInt(100_000))));
                }
            }
            long before = stamp(NOW.minusSeconds(10 + random.nextInt(1000)), random.nextInt(4));
            stamps.addBefore(before);
            Duration ahead = random.nextBoolean() ? null : Duration.ofSeconds(random.nextInt(400_000_000));

            StampShift shift = stamps.build(ahead);

            long last = before;
            for (long stamp : all) {
                long to = shift.stamp(stamp);
                assertThat(to)
                        .as("seed %d (-DStampShiftTest.seed= repeats it), round %d", seed, round)
                        .isGreaterThan(last);
                last = to;
            }
            assertThat(timeOf(last)).as("seed %d", seed).isBefore(NOW);
            assertThat(shift.size()).isEqualTo(all.size());
        }
    }
}
