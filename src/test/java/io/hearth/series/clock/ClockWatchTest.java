package io.hearth.series.clock;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.layout.Partitions;
import io.hearth.model.EpochMicros;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.memory.MemoryTable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClockWatchTest {
    private static final Instant START = SeriesFixture.START;
    private static final Duration TEN_YEARS = Duration.ofDays(3652);

    private final SeriesFixture clock = new SeriesFixture();
    private final MemoryTable table = new MemoryTable(clock);
    private long nanos;

    private ClockWatch start() {
        ClockWatch watch = new ClockWatch(table, series().stampedUntilMicros(), clock, () -> nanos);
        watch.start();
        return watch;
    }

    private SeriesStore series() {
        return clock.open(table, Duration.ZERO);
    }

    private void advance(Duration time) {
        clock.setNow(clock.instant().plus(time));
        nanos += time.toNanos();
    }

    @Test
    void start_ofANewTableOrAfterADayOff_isPlausible() {
        assertThat(start().gapSeconds()).isZero();
        advance(Duration.ofDays(1));
        assertThat(start().gapSeconds()).isZero();
    }

    @Test
    void start_farAheadOfTheLastRun_saysSoForAnHour() {
        start();
        clock.setNow(START.plus(TEN_YEARS));

        ClockWatch watch = start();

        assertThat(watch.gapSeconds()).isEqualTo((double) TEN_YEARS.toSeconds());
        advance(Duration.ofMinutes(59));
        assertThat(watch.gapSeconds()).isPositive();
        advance(Duration.ofMinutes(2));
        assertThat(watch.gapSeconds()).isZero();
    }

    @Test
    void start_behindTheLastRun_saysSo_alsoAfterAnIdleOne() {
        clock.setNow(START.plus(TEN_YEARS));
        start();
        clock.setNow(START);

        assertThat(start().gapSeconds()).isEqualTo((double) -TEN_YEARS.toSeconds());
    }

    @Test
    void start_behindTheLastWrite_saysSoByIt_asNoMarkIsOlderThanTenMinutes() {
        start();
        advance(Duration.ofMinutes(9));
        SeriesFixture.append(series(), "d1", EpochMicros.of(START), Map.of("n", 1));
        clock.setNow(START.plus(Duration.ofMinutes(1)));

        assertThat(start().gapSeconds()).isBetween(-490.0, -470.0);
    }

    @Test
    void look_whileTheServiceRuns_storesThatItDoes() {
        ClockWatch watch = start();
        for (int i = 0; i < 6 * 60 * 24 * 30; i++) {
            advance(Duration.ofSeconds(10));
            watch.look();
        }

        assertThat(watch.steps()).isZero();
        assertThat(start().gapSeconds()).as("after a month of service").isZero();
    }

    @Test
    void look_afterTheClockWasSetOrTheMachineSuspended_countsIt() {
        ClockWatch watch = start();
        clock.setNow(clock.instant().plus(Duration.ofHours(1)));
        watch.look();
        assertThat(watch.steps()).isEqualTo(1);

        clock.setNow(clock.instant().minus(Duration.ofHours(2)));
        watch.look();
        assertThat(watch.steps()).isEqualTo(2);

        advance(Duration.ofSeconds(10));
        clock.setNow(clock.instant().plusSeconds(5));
        watch.look();
        assertThat(watch.steps()).as("a clock that is set right by a little").isEqualTo(2);
    }

    @Test
    void stampsAhead_afterAClockThatWasAhead_isHowFarItWas() {
        clock.setNow(START.plus(TEN_YEARS));
        SeriesFixture.append(series(), "d1", EpochMicros.of(START), Map.of("n", 1));
        clock.setNow(START);

        assertThat(series().stampsAheadMillis())
                .isBetween(TEN_YEARS.toMillis(), TEN_YEARS.plusSeconds(5).toMillis());
        clock.setNow(START.plus(TEN_YEARS).plusSeconds(10));
        assertThat(series().stampsAheadMillis()).isZero();
    }

    @Test
    void mark_hasThisForm() {
        start();

        Key key = new Key(Partitions.WALL_CLOCK, Bytes.wrap("last".getBytes(StandardCharsets.US_ASCII)));
        Item item = table.get(key, Consistency.STRONG).await().indefinitely().orElseThrow();
        assertThat(HexFormat.of().formatHex(item.body().array())).isEqualTo("01808acb95a034");
        assertThat(item.expiresAtSeconds()).isZero();
    }
}
