package io.hearth.table.rocksdb.expiry;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.table.FakeClock;
import io.hearth.table.rocksdb.commit.Committer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RemovalClockTest {
    private final FakeClock wall = new FakeClock();
    private final Instant begin = wall.instant();
    private RemovalClock clock = new RemovalClock(wall, wall::nanoTime, RemovalClock.State.of(begin));

    @Test
    void now_clockThatGoesOn_isTheWallClock() {
        run(Duration.ofDays(20));

        assertThat(clock.now()).isEqualTo(wall.instant());
        assertThat(clock.behind()).isZero();
    }

    @Test
    void now_clockSetAheadAndBack_neverSawIt() {
        run(Duration.ofDays(1));
        wall.set(wall.instant().plus(Duration.ofDays(400)));
        run(Duration.ofDays(6));
        assertThat(clock.now()).isEqualTo(begin.plus(Duration.ofDays(7)));
        assertThat(clock.behind()).isEqualTo(Duration.ofDays(400));
        wall.set(wall.instant().minus(Duration.ofDays(400)));

        run(Duration.ofDays(20));

        assertThat(clock.now()).isEqualTo(wall.instant()).isEqualTo(begin.plus(Duration.ofDays(27)));
    }

    @Test
    void now_clockSetAheadForGood_followsAfterTheProbation() {
        wall.set(wall.instant().plus(Duration.ofDays(60)));
        run(RemovalClock.PROBATION.minusHours(1));
        assertThat(clock.behind()).isEqualTo(Duration.ofDays(60));

        run(Duration.ofHours(7));

        assertThat(clock.behind()).isZero();
    }

    /** Each night it is off for eight hours, and its clock is right each morning. */
    @Test
    void now_machineOffEveryNight_staysDaysBehindAndNoMore() {
        Duration most = Duration.ZERO;
        for (int day = 0; day < 60; day++) {
            run(Duration.ofHours(16));
            restart(Duration.ofHours(8));
            most = clock.behind().compareTo(most) > 0 ? clock.behind() : most;
        }

        assertThat(most).isBetween(Duration.ofDays(3), Duration.ofDays(5));
    }

    /** A board without a clock of its own begins in 1970, until the network tells it the time. */
    @Test
    void now_clockInThePastAfterEachStart_stillFollows() {
        for (int day = 0; day < 60; day++) {
            run(Duration.ofHours(16));
            Instant right = wall.instant().plus(Duration.ofHours(8));
            restart(Duration.ofHours(8));
            wall.set(Instant.EPOCH);
            clock.observe();
            assertThat(clock.now()).isEqualTo(Instant.EPOCH);
            wall.set(right);
        }

        assertThat(clock.behind()).isLessThan(Duration.ofDays(5));
    }

    @Test
    void now_wallClockSetBack_doesNotGoBackForGood() {
        run(Duration.ofDays(1));
        wall.set(begin.minus(Duration.ofDays(100)));
        run(Duration.ofDays(30));
        assertThat(clock.now()).isEqualTo(wall.instant());
        wall.set(begin.plus(Duration.ofDays(31)));

        assertThat(clock.now()).isEqualTo(begin.plus(Duration.ofDays(31)));
    }

    @Test
    void state_text_isPinnedAndReadBack() {
        TreeMap<Long, Long> samples = new TreeMap<>();
        samples.put(3L, 1_790_000_000_000_000L);
        samples.put(4L, 1_790_000_000_000_001L);
        RemovalClock.State state = new RemovalClock.State(123_456, 1_790_000_000_000_002L, samples);

        String text = ClockFile.text(state);

        assertThat(text).isEqualTo("""
                        hearth removal clock
                        version 1
                        running 123456
                        offset 1790000000000002
                        sample 3 1790000000000000
                        sample 4 1790000000000001
                        check 185d6dc9
                        """);
        assertThat(ClockFile.parse(text)).isEqualTo(state);
        assertThat(ClockFile.parse(text.replace("123456", "123457"))).isNull();
        assertThat(ClockFile.parse("")).isNull();
    }

    @Test
    void read_noFileOrADamagedOne_trustsTheLastChangeOfTheDirectory(@TempDir Path directory) throws IOException {
        assertThat(new ClockFile(directory).read(wall).offsetMicros()).isEqualTo(Committer.micros(begin));
        Path log = Files.writeString(directory.resolve("000004.log"), "x");
        Files.setLastModifiedTime(log, FileTime.from(begin.minus(Duration.ofDays(60))));
        assertThat(new ClockFile(directory).read(wall).offsetMicros())
                .isEqualTo(Committer.micros(begin.minus(Duration.ofDays(60))));
        Path damaged =
                Files.writeString(directory.resolve(ClockFile.NAME), "hearth removal clock\nversion 1\noffset 9\n");
        Files.setLastModifiedTime(damaged, FileTime.from(begin.minus(Duration.ofDays(50))));

        assertThat(new ClockFile(directory).read(wall).offsetMicros())
                .isEqualTo(Committer.micros(begin.minus(Duration.ofDays(50))));
    }

    private void run(Duration time) {
        for (Duration ran = Duration.ZERO; ran.compareTo(time) < 0; ran = ran.plusMinutes(10)) {
            wall.advance(Duration.ofMinutes(10));
            clock.observe();
        }
    }

    private void restart(Duration off) {
        RemovalClock.State state = clock.state();
        wall.set(wall.instant().plus(off));
        clock = new RemovalClock(wall, wall::nanoTime, state);
    }
}
