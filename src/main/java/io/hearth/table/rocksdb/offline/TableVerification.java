package io.hearth.table.rocksdb.offline;

import io.hearth.table.Key;
import io.hearth.table.TableDamagedException;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.expiry.ClockFile;
import io.hearth.table.rocksdb.file.DurableFile;
import io.hearth.table.rocksdb.file.FormatFile;
import io.hearth.table.rocksdb.log.LogCheck;
import io.hearth.table.rocksdb.log.LogFileReader;
import io.hearth.table.rocksdb.log.LogFiles;
import io.hearth.table.rocksdb.log.ManifestFile;
import io.hearth.table.rocksdb.row.BatchFormat;
import io.hearth.table.rocksdb.row.IndexRow;
import io.hearth.table.rocksdb.row.ItemValue;
import io.hearth.table.rocksdb.row.RowKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * Reads every file of a table that is not open, and every row in it. Writes nothing: what was there for a repair or a restore is
 * there afterwards.
 */
public final class TableVerification {
    /** More in one file are counted only. */
    private static final int MAX_DAMAGES_PER_FILE = 100;

    private final Path directory;
    private final StoredItemKinds kinds;
    private final List<String> damages = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private long sortedFiles;
    private long bytes;
    private long rows;

    /**
     * What was found.
     *
     * @param damages files, places and rows that are not what was written
     * @param notes what is unusual and no damage
     * @param sortedFiles how many sorted files the table has
     * @param bytes of files that were read
     * @param rows how many rows were read, earlier versions of the same row among them
     */
    public record Result(List<String> damages, List<String> notes, long sortedFiles, long bytes, long rows) {
        /** Whether nothing is damaged. */
        public boolean isGood() {
            return damages.isEmpty();
        }
    }

    private TableVerification(Path directory, StoredItemKinds kinds) {
        this.directory = directory;
        this.kinds = kinds;
    }

    /**
     * Reads a table.
     *
     * @param directory the table's own, {@code <data>/table}
     * @throws TableException if there is none, it is open, or this build does not know its format
     */
    public static Result of(Path directory, StoredItemKinds kinds) {
        try (ClosedTable closed = new ClosedTable(directory)) {
            TableVerification verification = new TableVerification(directory, kinds);
            verification.run();
            return new Result(
                    List.copyOf(verification.damages),
                    List.copyOf(verification.notes),
                    verification.sortedFiles,
                    verification.bytes,
                    verification.rows);
        } catch (IOException e) {
            throw new TableException("the table in " + directory + " cannot be read: " + e, e);
        }
    }

    private void run() throws IOException {
        FormatFile format = null;
        try {
            format = FormatFile.read(directory);
        } catch (TableDamagedException e) {
            damages.add(withoutPrefix(e));
        }
        long acknowledged = readDurableFile(format);
        ClockFile clock = new ClockFile(directory);
        if (clock.isDamaged()) {
            damages.add(clock + " cannot be read. It is made anew at the next start; until then nothing is lost by it");
        }
        readSortedFiles(readLog(acknowledged));
        LogFiles logs = new LogFiles(directory);
        for (Path log : logs.live().values()) {
            readRecords(log, true);
        }
        for (Path log : logs.archived().values()) {
            readRecords(log, false);
        }
    }

    private static String withoutPrefix(TableDamagedException e) {
        return String.valueOf(e.getMessage()).replaceFirst("^the table is damaged: ", "");
    }

    private long readDurableFile(@Nullable FormatFile format) throws IOException {
        Path file = directory.resolve(DurableFile.NAME);
        if (!Files.exists(file)) {
            if (format != null && format.checked()) {
                damages.add(file + " is missing: nothing tells how far the log must reach");
            }
            return 0;
        }
        try (DurableFile durable = DurableFile.readOnly(file)) {
            if (durable.isDamaged()) {
                damages.add(file + " cannot be read: nothing tells how far the log must reach");
            }
            return durable.sequence();
        }
    }

    /** Checks the manifest, and the log as a start does; answers the manifest, null if it cannot be read. */
    private @Nullable ManifestFile readLog(long acknowledged) throws IOException {
        try {
            ManifestFile manifest = ManifestFile.read(directory);
            if (manifest == null) {
                damages.add(directory.resolve(ManifestFile.CURRENT) + " is missing");
                return null;
            }
            if (manifest.tornAt() != ManifestFile.WHOLE) {
                notes.add(manifest.file() + " ends with an edit that was not finished; a start cuts it off");
            }
            try {
                LogCheck.of(directory, manifest, acknowledged)
                        .tornEnds()
                        .forEach((log, end) -> notes.add(log + " ends at byte " + end
                                + " with what was not finished or acknowledged; a start cuts it off"));
            } catch (TableDamagedException e) {
                damages.add(withoutPrefix(e));
            }
            return manifest;
        } catch (TableDamagedException e) {
            damages.add(withoutPrefix(e));
            return null;
        }
    }

    private void readSortedFiles(@Nullable ManifestFile manifest) throws IOException {
        Map<Path, Long> files = new TreeMap<>();
        if (manifest != null) {
            manifest.sortedFiles().forEach((number, entry) -> files.put(sortedFile(directory, number), entry.bytes()));
        }
        sortedFiles = files.size();
        for (Map.Entry<Path, Long> file : files.entrySet()) {
            Path path = file.getKey();
            if (!Files.exists(path)) {
                damages.add(path + " is missing");
                continue;
            }
            bytes += Files.size(path);
            if (Files.size(path) != file.getValue()) {
                damages.add(path + " has " + Files.size(path) + " bytes instead of " + file.getValue());
            }
            read(path);
        }
    }

    static Path sortedFile(Path directory, long number) {
        return directory.resolve(String.format("%06d.sst", number));
    }

    private void read(Path path) {
        FileDamages found = new FileDamages(path);
        try (SortedFile file = new SortedFile(path)) {
            file.read(new SortedFile.Visitor() {
                @Override
                public void row(byte[] key, byte[] value) {
                    check(file.columnFamily(), key, value, found);
                }

                @Override
                public void unreadable(byte @Nullable [] after, byte @Nullable [] before, String reason) {
                    found.add("rows " + (after == null ? "from the beginning" : "behind " + name(file, after))
                            + (before == null ? " to the end" : " and before " + name(file, before))
                            + " cannot be read: " + reason);
                }
            });
            if (found.isEmpty()) {
                file.verifyChecksums();
            }
        } catch (RocksDBException e) {
            found.add(String.valueOf(e.getMessage()));
        }
        found.finish();
    }

    private String name(SortedFile file, byte[] row) {
        try {
            return kinds.name(
                    file.columnFamily() == BatchFormat.INDEX
                            ? IndexRow.itemKey(row, row.length)
                            : RowKey.decode(row, row.length));
        } catch (RuntimeException e) {
            return "a row whose key cannot be read";
        }
    }

    private void check(int columnFamily, byte[] row, byte[] value, FileDamages found) {
        rows++;
        Key key = null;
        try {
            if (columnFamily == BatchFormat.INDEX) {
                key = IndexRow.itemKey(row, row.length);
                return;
            }
            key = RowKey.decode(row, row.length);
            if (!Arrays.equals(RowKey.encode(key), row)) {
                throw new TableException("its key is not where it belongs", null);
            }
            kinds.check(new ItemValue().read(value, value.length).item(key));
        } catch (RuntimeException e) {
            found.add((key == null ? "a row" : kinds.name(key)) + " cannot be read: " + e.getMessage());
        }
    }

    /** Reads the records of a log file; what is wrong with the bytes of a live one was found as a start finds it. */
    private void readRecords(Path log, boolean live) throws IOException {
        FileDamages found = new FileDamages(log);
        bytes += Files.size(log);
        try (LogFileReader reader = new LogFileReader(log)) {
            do {
                while (reader.next()) {
                    readBatch(reader, live, found);
                }
                if (!live && reader.fault() != null) {
                    found.add("byte " + reader.faultOffset() + ": " + reader.fault()
                            + ". Only the change feed is concerned: its followers begin again");
                }
            } while (reader.resume());
        }
        found.finish();
    }

    private void readBatch(LogFileReader reader, boolean live, FileDamages found) {
        long offset = reader.recordOffset();
        try {
            BatchFormat.Reader records =
                    new BatchFormat.Reader(reader.record(), BatchFormat.HEADER_BYTES, reader.recordLength());
            while (records.next()) {
                if (live && records.kind == BatchFormat.Kind.PUT) {
                    check(records.columnFamily, records.key(), records.value(), found);
                }
            }
        } catch (TableException e) {
            found.add("byte " + offset + ": " + e.getMessage());
        }
    }

    /** The damage in one file, not endlessly. */
    private final class FileDamages {
        private final Path file;
        private int count;

        FileDamages(Path file) {
            this.file = file;
        }

        boolean isEmpty() {
            return count == 0;
        }

        void add(String damage) {
            if (++count <= MAX_DAMAGES_PER_FILE) {
                damages.add(file + ": " + damage);
            }
        }

        void finish() {
            if (count > MAX_DAMAGES_PER_FILE) {
                damages.add(file + ": " + (count - MAX_DAMAGES_PER_FILE) + " places more");
            }
        }
    }
}
