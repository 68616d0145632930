package io.hearth.cli;

import io.hearth.ingest.DeadLetters;
import io.hearth.model.RegionId;
import io.hearth.presence.StoredPresence;
import io.hearth.sync.ClockMend;
import io.hearth.table.CommitListener;
import io.hearth.table.PrivateDirectory;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import io.hearth.table.rocksdb.TableCheckpoint;
import io.hearth.table.rocksdb.offline.TableRestore;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Makes a data directory in which no write stamp is ahead of the clock, of one whose clock was ahead for a time. The directory
 * that it is made of stays as it is; the new one is there as a whole or not at all.
 */
@Command(
        name = "mend-clock",
        description =
                "Makes a new data directory of one whose clock was ahead for a time: write stamps that lie in the future go"
                        + " back, in their order, so that peers take the region in again.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init")
final class MendClockCommand implements Callable<Integer> {
    private static final String TABLE = "table";

    /** What the service makes anew. */
    private static final Set<String> NOT_COPIED = Set.of(TABLE, "backup-staging", "import");

    private static final int DAMAGES_SHOWN = 20;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description = "the data directory of the stopped service")
    private Path data;

    @Option(names = "--to", paramLabel = "DIR", description = "the new data directory, absent")
    private @Nullable Path to;

    @Option(
            names = "--region",
            defaultValue = "${env:HEARTH_REGION:-local}",
            paramLabel = "ID",
            description = "the region's id, ${DEFAULT-VALUE} if left out")
    private String region;

    @Option(
            names = "--ahead",
            paramLabel = "DURATION",
            description = "how far the clock was ahead, as P3652DT2H; without it, as far as the writes themselves show")
    private @Nullable Duration ahead;

    @Option(
            names = "--tolerance",
            defaultValue = "PT1M",
            paramLabel = "DURATION",
            description =
                    "what is ahead by no more stays; the largest HEARTH_SYNC_MAX_CLOCK_AHEAD of the peers, as they may"
                            + " have taken it in; ${DEFAULT-VALUE} if left out")
    private Duration tolerance;

    @Option(names = "--dry-run", description = "say what would be done, and make nothing")
    private boolean dryRun;

    @Override
    public Integer call() {
        RegionId id;
        try {
            id = new RegionId(region);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(spec.commandLine(), "--region: " + e.getMessage(), e);
        }
        if (!Files.isDirectory(data.resolve(TABLE))) {
            throw new TableException(data + " is no data directory: it has no " + TABLE, null);
        }
        Instant now = InstantSource.system().instant();
        if (dryRun) {
            try (RocksDbTable table = open(data.resolve(TABLE))) {
                print(now, mend(table, id, now));
            }
            return CommandLineTool.OK;
        }
        if (to == null) {
            throw new CommandLine.ParameterException(spec.commandLine(), "--to is required, but for a --dry-run");
        }
        make(to.toAbsolutePath().normalize(), id, now);
        return CommandLineTool.OK;
    }

    private void make(Path target, RegionId id, Instant now) {
        Path unfinished = target.resolveSibling(target.getFileName() + ".unfinished");
        if (Files.exists(target) || Files.exists(unfinished)) {
            throw new TableException(
                    (Files.exists(target) ? target : unfinished) + " exists; a new directory is made only", null);
        }
        boolean finished = false;
        try {
            PrivateDirectory.create(unfinished);
            copyTable(unfinished.resolve(TABLE));
            ClockMend.Report report;
            try (RocksDbTable table = open(unfinished.resolve(TABLE))) {
                report = mend(table, id, now);
            }
            copyTheRest(unfinished);
            Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
            finished = true;
            print(now, report);
            spec.commandLine()
                    .getOut()
                    .printf("Made %s. Start the service with it in place of %s, which is as it was.%n", target, data);
        } catch (IOException e) {
            throw new TableException(target + " cannot be made: " + e, e);
        } finally {
            if (!finished) {
                remove(unfinished);
            }
        }
    }

    /** The files are shared as far as the file system can; the copy has an id of its own. */
    private void copyTable(Path copy) {
        TableCheckpoint checkpoint;
        try (RocksDbTable table = open(data.resolve(TABLE))) {
            checkpoint = table.checkpoint(copy);
        }
        try (TableRestore restore = TableRestore.open(copy, checkpoint.format())) {
            restore.finish();
        }
    }

    private void copyTheRest(Path target) throws IOException {
        try (Stream<Path> entries = Files.list(data)) {
            for (Path entry : entries.toList()) {
                if (!NOT_COPIED.contains(entry.getFileName().toString())) {
                    copyTree(entry, target.resolve(entry.getFileName()));
                }
            }
        }
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (Stream<Path> entries = Files.walk(from)) {
            for (Path entry : entries.toList()) {
                Files.copy(entry, to.resolve(from.relativize(entry)), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private static void remove(Path directory) {
        try (Stream<Path> entries = Files.walk(directory)) {
            for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(entry);
            }
        } catch (IOException e) {
            // It is left; the next attempt says that it exists.
        }
    }

    private static RocksDbTable open(Path directory) {
        RocksDbSettings settings = RocksDbSettings.of(directory);
        RocksDbSettings withoutSweeps = new RocksDbSettings(
                directory,
                settings.fsync(),
                settings.walRetention(),
                Duration.ZERO,
                settings.blockCacheBytes(),
                settings.memtableBytes(),
                settings.maxPendingBytes());
        return RocksDbTable.open(withoutSweeps, InstantSource.system(), CommitListener.NONE);
    }

    private ClockMend.Report mend(RocksDbTable table, RegionId id, Instant now) {
        return new ClockMend(table, id, List.of(DeadLetters::shifted, StoredPresence::shifted))
                .run(now, tolerance, ahead, dryRun);
    }

    private void print(Instant now, ClockMend.Report report) {
        PrintWriter out = spec.commandLine().getOut();
        if (report.latest() == null) {
            out.printf("By this machine it is %s; no write stamp is ahead of it.%n", now);
        } else {
            out.printf(
                    "By this machine it is %s; %d write stamps are ahead of it, up to %s.%n",
                    now, report.stamps(), report.latest());
            out.printf(
                    "They %s back by %s: %d items, and the times of %d readings.%n",
                    dryRun ? "would go" : "went", report.ahead(), report.items(), report.moved());
        }
        report.damaged().stream()
                .limit(DAMAGES_SHOWN)
                .forEach(damage -> out.println("Left as it is, as it is damaged: " + damage));
        if (report.damaged().size() > DAMAGES_SHOWN) {
            out.printf("… and %d more.%n", report.damaged().size() - DAMAGES_SHOWN);
        }
    }
}
