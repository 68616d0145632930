package io.hearth.table.rocksdb.offline;

import io.hearth.table.TableDamagedException;
import io.hearth.table.rocksdb.LogRecord;
import io.hearth.table.rocksdb.file.DurableFile;
import io.hearth.table.rocksdb.log.LogCheck;
import io.hearth.table.rocksdb.log.LogFileReader;
import io.hearth.table.rocksdb.log.LogFileWriter;
import io.hearth.table.rocksdb.log.LogFiles;
import io.hearth.table.rocksdb.log.ManifestFile;
import io.hearth.table.rocksdb.row.BatchFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

/** Takes the commits that can be read out of the log of a damaged table, and names those that are missing. */
final class LogSalvage {
    private final Path from;
    private final Path to;
    private final LaterRows later;
    private final List<String> givenUp;

    /**
     * Reads the log in {@code from}, and writes the one in {@code to}.
     *
     * @param later is told of each commit
     * @param givenUp is told of what is missing
     */
    LogSalvage(Path from, Path to, LaterRows later, List<String> givenUp) {
        this.from = from;
        this.to = to;
        this.later = later;
        this.givenUp = givenUp;
    }

    /** Copies the commits that can be read, each as it is, and names what is missing between them. */
    void copy(ManifestFile manifest) throws IOException {
        long next = LogFiles.NONE;
        long lastMicros = LogRecord.NO_TIME;
        for (Map.Entry<Long, Path> log :
                // Those of the archive, too, if this manifest is an earlier one than they had.
                new LogFiles(from).all().tailMap(manifest.firstLog(), true).entrySet()) {
            try (LogFileReader reader = new LogFileReader(log.getValue());
                    LogFileWriter writer =
                            new LogFileWriter(to.resolve(log.getValue().getFileName()))) {
                do {
                    while (reader.next()) {
                        byte[] record = reader.record();
                        int count = reader.recordLength() < BatchFormat.HEADER_BYTES ? -1 : BatchFormat.count(record);
                        long first = count < 0 ? LogFiles.NONE : BatchFormat.sequence(record);
                        if (first == LogFiles.NONE || first < next) {
                            continue;
                        }
                        long expected = next == LogFiles.NONE ? Math.min(first, manifest.lastSequence() + 1) : next;
                        long micros = micros(record, reader.recordLength());
                        if (first > expected) {
                            givenUp.add(log.getValue() + ": records " + expected + " to " + (first - 1) + " of the log"
                                    + between(lastMicros, micros));
                        }
                        writer.append(record, reader.recordLength());
                        later.add(record, reader.recordLength());
                        next = first + count;
                        lastMicros = micros == LogRecord.NO_TIME ? lastMicros : micros;
                    }
                } while (reader.resume());
            }
        }
        long acknowledged = acknowledged();
        long last = Math.max(next - 1, manifest.lastSequence());
        if (last >= acknowledged && givenUp.isEmpty()) {
            // Whole as far as it goes: a start knows more of what must be there.
            try {
                LogCheck unused = LogCheck.of(from, manifest, acknowledged);
            } catch (TableDamagedException e) {
                givenUp.add(e.getMessage() + ": what was in it, unless sorted files have it");
            }
        } else if (last < acknowledged) {
            givenUp.add(from + ": records " + (last + 1) + " to " + acknowledged + " at the end of the log"
                    + between(lastMicros, LogRecord.NO_TIME));
        }
    }

    private long acknowledged() throws IOException {
        Path file = from.resolve(DurableFile.NAME);
        if (!Files.exists(file)) {
            return 0;
        }
        try (DurableFile durable = DurableFile.readOnly(file)) {
            return durable.sequence();
        }
    }

    private static long micros(byte[] batch, int length) {
        BatchFormat.Reader annotations = new BatchFormat.Reader(batch, BatchFormat.HEADER_BYTES, length);
        while (annotations.next() && annotations.kind == BatchFormat.Kind.LOG_DATA) {
            if (annotations.isTimeMark()) {
                return annotations.timeMarkMicros();
            }
        }
        return LogRecord.NO_TIME;
    }

    private static String between(long fromMicros, long toMicros) {
        return (fromMicros == LogRecord.NO_TIME ? "" : ", committed after " + instant(fromMicros))
                + (toMicros == LogRecord.NO_TIME ? "" : ", committed before " + instant(toMicros));
    }

    private static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }
}
