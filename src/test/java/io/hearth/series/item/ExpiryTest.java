package io.hearth.series.item;

import static io.hearth.series.item.Runs.DAY;
import static io.hearth.series.item.Runs.DEVICE;
import static io.hearth.series.item.Runs.SECOND;
import static io.hearth.series.item.Runs.chunk;
import static io.hearth.series.item.Runs.run;
import static io.hearth.series.item.Runs.stamp;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.series.chunk.Chunk;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExpiryTest {
    private static final long DAY_SECONDS = DAY / SECOND;

    private final FakeClock clock = new FakeClock();
    private final Expiry plain = new Expiry(device -> false, clock);
    private final Expiry withRollups = new Expiry(device -> true, clock);

    @Test
    void ofReadings_isRoundedUpToTheNextSecond_andNeverForEver() {
        assertThat(Expiry.ofReadings(DAY + 1, 60)).isEqualTo(DAY_SECONDS + 61);
        assertThat(Expiry.ofReadings(DAY, 0)).isZero();
        assertThat(Expiry.ofReadings(-1000 * SECOND, 1)).isEqualTo(1);
    }

    @Test
    void ofRun_thatComesLate_waitsForSealingWhereRollupsAreMade() {
        clock.set(Instant.ofEpochSecond(DAY_SECONDS + 100));

        assertThat(plain.ofRun(DEVICE, DAY, 200)).isEqualTo(DAY_SECONDS + 201);
        assertThat(withRollups.ofRun(DEVICE, DAY, 200)).isEqualTo(DAY_SECONDS + 100 + Expiry.GRACE.toSeconds());
        assertThat(withRollups.ofRun(DEVICE, DAY, 0)).isZero();
        long month = 30 * 86_400;
        assertThat(withRollups.ofRun(DEVICE, DAY, month)).isEqualTo(DAY_SECONDS + 1 + month);
    }

    @Test
    void ofChunk_goesWithTheReadingThatIsKeptLongest() {
        Item shortly = run(stamp(1), 100, "a", Map.of(10L, 1.0));
        Item longer = run(stamp(2), 500, "a", Map.of(20L, 2.0));
        Item forEver = run(stamp(3), 0, "a", Map.of(30L, 3.0));

        assertThat(plain.ofChunk(DEVICE, DAY, opened(chunk(9, shortly, longer))))
                .isEqualTo(DAY_SECONDS + 20 + 1 + 500);
        assertThat(plain.ofChunk(DEVICE, DAY, opened(chunk(9, shortly, longer, forEver))))
                .isZero();
        assertThat(withRollups.ofChunk(DEVICE, DAY, opened(chunk(9, shortly, longer))))
                .isEqualTo(DAY_SECONDS + 86_400 + Expiry.GRACE.toSeconds() + 1 + 500);
    }

    @Test
    void hasPassed_fromItsSecondOn_andNeverOfWhatIsKeptForEver() {
        clock.set(Instant.ofEpochSecond(DAY_SECONDS));

        assertThat(plain.hasPassed(DAY_SECONDS)).isTrue();
        assertThat(plain.hasPassed(DAY_SECONDS + 1)).isFalse();
        assertThat(plain.hasPassed(0)).isFalse();
    }

    @Test
    void expiredUpTo_readingsThatAreKeptForEver_orBeforeAnyExpiry_isBeforeAllTimes() {
        assertThat(Expiry.expiredUpTo(Expiry.keptMicros(60), DAY)).isEqualTo(DAY - 60 * SECOND);
        assertThat(Expiry.expiredUpTo(Expiry.keptMicros(0), DAY)).isEqualTo(Long.MIN_VALUE);
        assertThat(Expiry.expiredUpTo(Expiry.keptMicros(60), Expiry.BEFORE_EXPIRY))
                .isEqualTo(Long.MIN_VALUE);
    }

    private static Chunk opened(Item chunk) {
        return Chunk.open(chunk.body().array());
    }
}
