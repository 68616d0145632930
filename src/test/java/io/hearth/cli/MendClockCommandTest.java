package io.hearth.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.table.CommitListener;
import io.hearth.table.Direction;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MendClockCommandTest {
    private static final Duration AHEAD = Duration.ofDays(3652);
    private static final DeviceId DEVICE = new DeviceId("d1");
    private static final RegionId HUB = new RegionId("hub");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final Instant now = Instant.now();
    private final long time = EpochMicros.of(now) - 3_600_000_000L;
    private UUID tableId = new UUID(0, 0);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @BeforeEach
    void storeWithAClockThatIsAhead() throws IOException {
        Path secrets = Files.createDirectories(directory.resolve("data/secrets"));
        Path token = Files.writeString(secrets.resolve("admin-token"), "secret");
        Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
        try (RocksDbTable table = open("data")) {
            tableId = table.id();
            SeriesStore series = new SeriesStore(table, HUB, InstantSource.fixed(now.plus(AHEAD)), Duration.ZERO);
            SeriesFixture.append(series, DEVICE.value(), time, Map.of("n", 1));
            SeriesFixture.append(series, DEVICE.value(), time, Map.of("n", 2));
        }
    }

    private RocksDbTable open(String data) {
        return RocksDbTable.open(
                RocksDbSettings.of(directory.resolve(data).resolve("table")),
                InstantSource.system(),
                CommitListener.NONE);
    }

    private int run(String... arguments) {
        CommandLine commands = CommandLineTool.commandLine();
        commands.setOut(new PrintWriter(out, true));
        commands.setErr(new PrintWriter(err, true));
        return commands.execute(arguments);
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    private static List<Map.Entry<Long, Map<String, Object>>> readings(RocksDbTable table) {
        SeriesStore series = new SeriesStore(table, HUB, InstantSource.system(), Duration.ZERO);
        return SeriesFixture.scan(series, DEVICE.value(), TimeRange.ALL, Set.of(), Direction.ASCENDING);
    }

    @Test
    void mendClock_ofADataDirectory_makesOneWithItsReadingsAndSecretsWhoseClockIsRight() throws Exception {
        int code = run("mend-clock", "--data", path("data"), "--to", path("mended"), "--region", "hub");

        assertThat(err.toString()).isEmpty();
        assertThat(code).isZero();
        assertThat(out.toString()).contains("write stamps are ahead", "went back by", path("mended"));
        try (RocksDbTable table = open("mended")) {
            assertThat(table.id()).isNotEqualTo(tableId);
            assertThat(new SeriesStore(table, HUB, InstantSource.system(), Duration.ZERO).stampedUntilMicros())
                    .isLessThan(EpochMicros.of(Instant.now()));
            assertThat(readings(table)).containsExactly(Map.entry(time, Map.of("n", 2.0)));
        }
        Path token = directory.resolve("mended/secrets/admin-token");
        assertThat(token).hasContent("secret");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(token)))
                .isEqualTo("rw-------");
        try (RocksDbTable before = open("data")) {
            assertThat(before.id()).isEqualTo(tableId);
            assertThat(new SeriesStore(before, HUB, InstantSource.system(), Duration.ZERO).stampedUntilMicros())
                    .isGreaterThan(EpochMicros.of(now.plus(AHEAD)));
        }
    }

    @Test
    void mendClock_asADryRun_saysHowFarTheClockWasAheadAndMakesNothing() throws Exception {
        int code = run("mend-clock", "--data", path("data"), "--region", "hub", "--dry-run");

        assertThat(code).isZero();
        assertThat(out.toString()).contains("would go back by");
        try (var entries = Files.list(directory)) {
            assertThat(entries.toList()).containsExactly(directory.resolve("data"));
        }
    }

    @Test
    void mendClock_whileTheServiceRuns_isRefusedAndLeavesNothing() throws Exception {
        try (RocksDbTable running = open("data")) {
            int code = run("mend-clock", "--data", path("data"), "--to", path("mended"), "--region", "hub");

            assertThat(code).isEqualTo(CommandLineTool.FAILED);
            assertThat(err.toString()).contains("hearth mend-clock:").hasLineCount(1);
            assertThat(readings(running)).hasSize(1);
        }
        try (var entries = Files.list(directory)) {
            assertThat(entries.toList()).containsExactly(directory.resolve("data"));
        }
    }

    @Test
    void mendClock_intoADirectoryThatExists_isRefused() throws Exception {
        Files.createDirectories(directory.resolve("mended"));

        assertThat(run("mend-clock", "--data", path("data"), "--to", path("mended")))
                .isEqualTo(CommandLineTool.FAILED);
        assertThat(err.toString()).contains("exists");
    }

    @Test
    void mendClock_ofWhatIsNoDataDirectory_isRefused() {
        assertThat(run("mend-clock", "--data", path("nothing"), "--to", path("mended")))
                .isEqualTo(CommandLineTool.FAILED);
        assertThat(err.toString()).contains("is no data directory");
        assertThat(run("mend-clock", "--data", path("data"))).isEqualTo(2);
    }
}
