package io.hearth.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.backup.Backup;
import io.hearth.backup.Backups;
import io.hearth.config.BackupConfig;
import io.hearth.table.CommitListener;
import io.hearth.table.FakeClock;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.vertx.http.HttpServerStart;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When backups are made by themselves, and what the metrics say of them. */
final class BackupScheduleTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration DAY = Duration.ofDays(1);

    private final FakeClock clock = new FakeClock();
    private final MeterRegistry registry = new SimpleMeterRegistry();

    @TempDir
    private Path directory;

    private RocksDbTable table;
    private Backups backups;

    @BeforeEach
    void open() {
        table = RocksDbTable.open(RocksDbSettings.of(directory.resolve("data/table")), clock, CommitListener.NONE);
        backups = new Backups(
                table,
                new Backups.Settings(
                        directory.resolve("backups"), directory.resolve("data/staging"), Duration.ofDays(7)),
                clock);
    }

    @AfterEach
    void close() {
        table.close();
    }

    @Test
    void start_noBackupYet_makesOneThatTheLogFollows() throws Exception {
        BackupSchedule schedule = start(DAY);

        await().atMost(PATIENCE).until(() -> seconds("hearth.backup.recoverable.until.timestamp") == now());
        assertThat(seconds("hearth.backup.last.timestamp")).isEqualTo(now());
        end(schedule);
        assertThat(taken()).containsExactly(clock.instant());
    }

    @Test
    void start_lastBackupIsOlderThanTheInterval_makesAnother() throws Exception {
        backups.backUp();
        clock.advance(DAY.plusMinutes(1));

        BackupSchedule schedule = start(DAY);

        await().atMost(PATIENCE).until(() -> seconds("hearth.backup.last.timestamp") == now());
        end(schedule);
        assertThat(taken()).hasSize(2);
    }

    @Test
    void start_lastBackupIsOfAClockThatWasAhead_makesAnother() throws Exception {
        clock.advance(Duration.ofDays(365));
        backups.backUp();
        clock.advance(Duration.ofDays(-365));

        BackupSchedule schedule = start(DAY);

        await().atMost(PATIENCE).until(() -> seconds("hearth.backup.last.timestamp") == now());
        end(schedule);
        assertThat(taken()).hasSize(2).last().isEqualTo(clock.instant());
    }

    @Test
    void start_intervalIsZero_makesNoneByItself_butSaysWhenTheLastWasTaken() throws Exception {
        backups.backUp();
        Instant made = clock.instant();
        clock.advance(DAY.multipliedBy(3));

        BackupSchedule schedule = start(Duration.ZERO);

        await().atMost(PATIENCE).until(() -> seconds("hearth.backup.recoverable.until.timestamp") == now());
        assertThat(seconds("hearth.backup.last.timestamp")).isEqualTo((double) made.getEpochSecond());
        end(schedule);
        assertThat(taken()).containsExactly(made);
    }

    @Test
    void directory_holdsSomethingElse_isCountedAndNothingIsSaidToBeRecoverable() throws Exception {
        Files.createDirectories(directory.resolve("backups"));
        Files.writeString(directory.resolve("backups/cat.jpg"), "x");

        BackupSchedule schedule = start(DAY);

        await().atMost(PATIENCE)
                .until(() ->
                        registry.get("hearth.backup.failures").functionCounter().count() > 0);
        assertThat(seconds("hearth.backup.recoverable.until.timestamp")).isZero();
        assertThat(seconds("hearth.backup.last.timestamp")).isZero();
        end(schedule);
        assertThat(directory.resolve("backups/cat.jpg")).exists();
    }

    private BackupSchedule start(Duration interval) {
        BackupConfig config = new BackupConfig() {
            @Override
            public Optional<Path> dir() {
                return Optional.of(directory.resolve("backups"));
            }

            @Override
            public Duration interval() {
                return interval;
            }

            @Override
            public Duration logInterval() {
                return Duration.ofMillis(10);
            }

            @Override
            public Duration window() {
                return Duration.ofDays(7);
            }
        };
        BackupSchedule schedule = new BackupSchedule(Optional.of(backups), config, clock, registry);
        schedule.start(new HttpServerStart(new HttpServerOptions()));
        return schedule;
    }

    private static void end(BackupSchedule schedule) throws InterruptedException {
        schedule.stop(new ShutdownEvent());
        schedule.finish();
    }

    private double seconds(String gauge) {
        return registry.get(gauge).gauge().value();
    }

    private double now() {
        return clock.instant().getEpochSecond();
    }

    private List<Instant> taken() throws IOException {
        // With a staging directory of its own: the backup that has just been listed may still be clearing its one.
        try (Backups again = new Backups(
                table,
                new Backups.Settings(
                        directory.resolve("backups"), directory.resolve("data/staging-again"), Duration.ofDays(7)),
                clock)) {
            return again.list().stream().map(Backup::taken).toList();
        }
    }
}
