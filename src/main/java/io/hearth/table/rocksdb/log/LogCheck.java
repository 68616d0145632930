package io.hearth.table.rocksdb.log;

import io.hearth.table.TableDamagedException;
import io.hearth.table.rocksdb.file.Damages;
import io.hearth.table.rocksdb.file.DurableFile;
import io.hearth.table.rocksdb.row.BatchFormat;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import org.jboss.logging.Logger;

/**
 * Reads the write-ahead log before RocksDB replays it, and refuses one that has lost what was durable: RocksDB would stop at
 * the damage and say nothing. RATIONALE.md of the engine says how damage is told from the torn end that a power failure
 * leaves.
 */
public final class LogCheck {
    private static final Logger LOG = Logger.getLogger(LogCheck.class);

    private final Path directory;
    private final ManifestFile manifest;
    private final LogFiles files;

    /** The sequence number of the next record if the log goes on without a gap. */
    private long next = LogFiles.NONE;

    /** Whether the log was whole up to here. */
    private boolean whole = true;

    private Path lastLog;

    /** Where it was not whole any more. */
    private String place = "";

    /** The highest sequence number that is known to have been durable, and how that is known. */
    private long durable;

    private String proof;

    /** Whether records that were not synced lie where the log does not reach: damage, or a power failure. */
    private boolean unsyncedAreLost;

    /** Where the log files end that have something else behind their last record. */
    private final Map<Path, Long> ends = new LinkedHashMap<>();

    private long expected;

    private LogCheck(Path directory, ManifestFile manifest, long acknowledged) {
        this.directory = directory;
        this.manifest = manifest;
        files = new LogFiles(directory);
        lastLog = directory;
        durable = acknowledged;
        proof = DurableFile.NAME;
    }

    /**
     * Checks the log of a table that is not open. Changes nothing.
     *
     * @param acknowledged a sequence number that was durable, from another source than the log
     * @throws TableDamagedException if the log has lost a record that was durable
     */
    public static LogCheck of(Path directory, ManifestFile manifest, long acknowledged) throws IOException {
        LogCheck check = new LogCheck(directory, manifest, acknowledged);
        check.run();
        return check;
    }

    /** Where log files end that have something else behind their last record, which {@link #cutTornEnds} removes. */
    public Map<Path, Long> tornEnds() {
        return Collections.unmodifiableMap(ends);
    }

    /** The sequence number that the replay has to reach. */
    public long expected() {
        return expected;
    }

    /**
     * Removes from the ends of log files what is no record, or follows on none: a power failure left it, and nobody was told that
     * it is durable. RocksDB's own reader never ends on some forms of it.
     */
    public void cutTornEnds(Damages damages) throws IOException {
        if (unsyncedAreLost) {
            damages.found(place + ". Commits behind it are lost; they were not synced, as the settings have it");
        }
        for (Map.Entry<Path, Long> end : ends.entrySet()) {
            Path log = end.getKey();
            LOG.warnf(
                    "%s is cut at byte %s of %s: what follows was not finished when the power or the disk failed, and"
                            + " was not acknowledged",
                    log, end.getValue(), Files.size(log));
            try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
                channel.truncate(end.getValue());
                channel.force(true);
            }
        }
    }

    private void run() throws IOException {
        NavigableMap<Long, Path> logs = files.live();
        refuseIfManifestIsTooOld();
        refuseIfOneIsMissing(logs);
        NavigableMap<Long, Path> live = logs.tailMap(manifest.firstLog(), true);
        for (Path log : live.values()) {
            lastLog = log;
            read(log);
        }
        refuseIfSyncedPartIsDamaged();
        long flushed = manifest.lastSequence();
        if (next == LogFiles.NONE) {
            next = flushed + 1;
            place = live.isEmpty() ? "there is no log file" : live.lastEntry().getValue() + " has no record";
        } else if (next <= flushed) {
            refuse(flushed, manifest.file().getFileName() + " has later ones");
        }
        if (next <= durable) {
            refuse(durable, proof);
        }
        expected = Math.max(next - 1, flushed);
    }

    /** A log goes into the archive when the manifest says that it is not needed any more, and never before. */
    private void refuseIfManifestIsTooOld() throws IOException {
        NavigableMap<Long, Path> archived = files.archived();
        if (!archived.isEmpty() && archived.lastKey() >= manifest.firstLog()) {
            throw new TableDamagedException(
                    "the table is damaged: " + manifest.file() + " is older than "
                            + archived.lastEntry().getValue() + ", and lacks what was written last",
                    null);
        }
    }

    private void refuseIfOneIsMissing(Map<Long, Path> logs) throws IOException {
        for (Map.Entry<Long, Long> log :
                manifest.syncedLogs().tailMap(manifest.firstLog()).entrySet()) {
            Path file = logs.get(log.getKey());
            if (file == null) {
                throw new TableDamagedException(
                        String.format(
                                "the table is damaged: the log file %s/%06d.log is missing", directory, log.getKey()),
                        null);
            }
            if (Files.size(file) < log.getValue()) {
                throw new TableDamagedException(
                        "the table is damaged: the log file " + file + " ends at byte " + Files.size(file)
                                + " instead of byte " + log.getValue(),
                        null);
            }
        }
    }

    private void refuseIfSyncedPartIsDamaged() {
        for (Map.Entry<Long, Long> log :
                manifest.syncedLogs().tailMap(manifest.firstLog()).entrySet()) {
            for (Map.Entry<Path, Long> end : ends.entrySet()) {
                if (LogFiles.numberOf(end.getKey()) == log.getKey() && end.getValue() < log.getValue()) {
                    throw new TableDamagedException(
                            "the table is damaged: " + end.getKey() + " has no record at byte " + end.getValue()
                                    + ", but was durable up to byte " + log.getValue(),
                            null);
                }
            }
        }
    }

    private void read(Path log) throws IOException {
        try (LogFileReader reader = new LogFileReader(log)) {
            do {
                while (reader.next()) {
                    visit(log, reader);
                }
                String fault = reader.fault();
                if (fault != null) {
                    end(log, reader.faultOffset(), fault);
                }
            } while (reader.resume());
        }
    }

    private void visit(Path log, LogFileReader reader) {
        byte[] batch = reader.record();
        int count = reader.recordLength() < BatchFormat.HEADER_BYTES ? -1 : BatchFormat.count(batch);
        if (count < 0) {
            end(log, reader.recordOffset(), "a record that is no batch");
            return;
        }
        long first = BatchFormat.sequence(batch);
        if (next == LogFiles.NONE) {
            // What is in sorted files may be in the log, too, but nothing may be missing in between. Behind damage at
            // the beginning, at least the record before was in the log.
            next = Math.min(whole ? first : first - 1, manifest.lastSequence() + 1);
        }
        if (first == next && !ends.containsKey(log)) {
            whole = true;
            next = first + count;
            return;
        }
        end(log, reader.recordOffset(), "record " + first + " is here instead of record " + next);
        long known = durableBefore(batch, reader.recordLength());
        unsyncedAreLost |= known == 0 && first > 1;
        if (known > durable) {
            durable = known;
            proof = log.getFileName() + " at byte " + reader.recordOffset();
        }
    }

    /** The records that follow each other end here in this file. */
    private void end(Path log, long offset, String reason) {
        ends.putIfAbsent(log, offset);
        if (whole) {
            whole = false;
            place = log + " at byte " + offset + ": " + reason;
        }
    }

    /** Up to which sequence number a batch says that the log was durable before; {@link LogFiles#NONE} if it says nothing. */
    private static long durableBefore(byte[] batch, int length) {
        BatchFormat.Reader annotations = new BatchFormat.Reader(batch, BatchFormat.HEADER_BYTES, length);
        long known = LogFiles.NONE;
        while (annotations.next() && annotations.kind == BatchFormat.Kind.LOG_DATA) {
            if (annotations.isDurableMark()) {
                return annotations.durableMark();
            }
            if (annotations.isTimeMark()) {
                // Versions that did not note it had each such commit wait for the one before.
                known = BatchFormat.sequence(batch) - 1;
            }
        }
        return known;
    }

    private void refuse(long lost, String witness) {
        String what = whole && place.isEmpty()
                ? "the log ends with record " + (next - 1) + " in " + lastLog
                        + ", a later file is missing or that one's end"
                : place;
        throw new TableDamagedException(
                "the table is damaged: " + what + "; its log cannot be read behind record " + (next - 1)
                        + ", but record " + lost + " was durable (" + witness + ")",
                null);
    }
}
