package io.hearth.table.rocksdb.offline;

import io.hearth.bytes.ByteWriter;
import io.hearth.table.IndexKey;
import io.hearth.table.Key;
import io.hearth.table.PrivateDirectory;
import io.hearth.table.TableDamagedException;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.LogRecord;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.database.Database;
import io.hearth.table.rocksdb.database.RowIterator;
import io.hearth.table.rocksdb.file.DurableFile;
import io.hearth.table.rocksdb.file.FormatFile;
import io.hearth.table.rocksdb.log.LogCheck;
import io.hearth.table.rocksdb.log.LogFileReader;
import io.hearth.table.rocksdb.log.LogFileWriter;
import io.hearth.table.rocksdb.log.LogFiles;
import io.hearth.table.rocksdb.log.ManifestFile.SortedFileEntry;
import io.hearth.table.rocksdb.log.ManifestFile;
import io.hearth.table.rocksdb.row.BatchFormat;
import io.hearth.table.rocksdb.row.IndexRow;
import io.hearth.table.rocksdb.row.ItemValue;
import io.hearth.table.rocksdb.row.RowKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;

/**
 * Makes a new table of what can be read of a damaged one, which stays as it is. Whole sorted files are shared with it; of damaged
 * ones the rows that can be read are taken, unless there is a later version; of the log all commits that can be read.
 *
 * <p>What a damaged file said of a row is lost, also that it was removed or replaced: then the version before it is there again.
 */
public final class TableRepair {
    private static final int ROWS_PER_WRITE = 256;

    private final Path from;
    private final Path to;
    private final StoredItemKinds kinds;
    private final LaterRows later = new LaterRows();
    private final List<String> givenUp = new ArrayList<>();
    private long savedRows;

    /**
     * What a repair came to.
     *
     * @param table the id of the new table
     * @param givenUp what the new table lacks, by file, and by device and time as far as known
     * @param savedRows how many rows were taken out of damaged files
     */
    public record Result(UUID table, List<String> givenUp, long savedRows) {}

    private TableRepair(Path from, Path to, StoredItemKinds kinds) {
        this.from = from;
        this.to = to;
        this.kinds = kinds;
    }

    /**
     * Repairs a table that is not open.
     *
     * @param from the table's own directory, {@code <data>/table}; nothing in it is changed
     * @param to absent or empty; if this fails, what is there is no table
     * @throws TableException if it cannot be done: as its manifest is damaged, or {@code to} cannot be written
     */
    public static Result run(Path from, Path to, StoredItemKinds kinds) {
        try (ClosedTable closed = new ClosedTable(from)) {
            TableRepair repair = new TableRepair(from, to, kinds);
            try (LaterRows unused = repair.later) {
                return repair.run();
            }
        } catch (IOException e) {
            throw new TableException("the table in " + from + " cannot be repaired: " + e, e);
        } catch (RocksDBException e) {
            throw new TableException("the table in " + from + " cannot be repaired: " + e.getMessage(), e);
        }
    }

    private Result run() throws IOException, RocksDBException {
        refuseIfUsed();
        checkFormat();
        ManifestFile manifest = manifest();
        Map<Long, SortedFileEntry> damaged = new TreeMap<>();
        for (Map.Entry<Long, SortedFileEntry> file : manifest.sortedFiles().entrySet()) {
            Path path = TableVerification.sortedFile(from, file.getKey());
            if (isWhole(path, file.getValue())) {
                share(path);
                later.add(file.getValue(), path);
            } else {
                damaged.put(file.getKey(), file.getValue());
            }
        }
        writeManifest(manifest, damaged);
        copyLogs(manifest);
        UUID id;
        try (TableRestore repaired = restore(damaged)) {
            repaired.remove(
                    kinds.placesOfOthers().partitionKey(),
                    kinds.placesOfOthers().sortKey());
            id = repaired.finish();
        }
        return new Result(id, List.copyOf(givenUp), savedRows);
    }

    private void refuseIfUsed() throws IOException {
        PrivateDirectory.create(to);
        try (Stream<Path> files = Files.list(to)) {
            if (files.findAny().isPresent()) {
                throw new TableException(to + " is not empty. A repair makes a new directory", null);
            }
        }
    }

    private void checkFormat() {
        try {
            FormatFile unused = FormatFile.read(from);
        } catch (TableDamagedException e) {
            givenUp.add(from.resolve(FormatFile.NAME)
                    + ": damaged; nothing was in it but the id of the table, which is new");
        }
    }

    private ManifestFile manifest() throws IOException {
        ManifestFile manifest = ManifestFile.read(from);
        if (manifest == null) {
            throw new TableException(
                    from.resolve(ManifestFile.CURRENT)
                            + " is missing: nothing tells which files the table has. Restore a" + " backup",
                    null);
        }
        return manifest;
    }

    private static boolean isWhole(Path path, SortedFileEntry entry) throws IOException {
        if (!Files.exists(path) || Files.size(path) != entry.bytes()) {
            return false;
        }
        try (SortedFile file = new SortedFile(path)) {
            file.verifyChecksums();
            return true;
        } catch (RocksDBException e) {
            return false;
        }
    }

    /** Sorted files never change, so both tables can have one. */
    private void share(Path path) throws IOException {
        Path shared = to.resolve(path.getFileName());
        try {
            Files.createLink(shared, path);
        } catch (IOException | UnsupportedOperationException e) {
            Files.copy(path, shared); // another file system
        }
    }

    private void writeManifest(ManifestFile manifest, Map<Long, SortedFileEntry> damaged) throws IOException {
        Path copy = to.resolve(manifest.file().getFileName());
        byte[] edits = Files.readAllBytes(manifest.file());
        int length = manifest.tornAt() == ManifestFile.WHOLE ? edits.length : Math.toIntExact(manifest.tornAt());
        Files.write(copy, Arrays.copyOf(edits, length));
        try (LogFileWriter writer = new LogFileWriter(copy)) {
            for (int family : new int[] {BatchFormat.ITEMS, BatchFormat.INDEX}) {
                Map<Long, SortedFileEntry> ofFamily = new TreeMap<>(damaged);
                ofFamily.values().removeIf(entry -> entry.columnFamily() != family);
                if (!ofFamily.isEmpty()) {
                    byte[] edit = ManifestFile.withoutSortedFiles(family, ofFamily);
                    writer.append(edit, edit.length);
                }
            }
            if (!manifest.syncedLogs().isEmpty()) {
                // The log is written anew below, so its files have other lengths.
                byte[] edit =
                        ManifestFile.withoutLogsBefore(manifest.syncedLogs().lastKey() + 1);
                writer.append(edit, edit.length);
            }
        }
        Files.writeString(
                to.resolve(ManifestFile.CURRENT), manifest.file().getFileName() + "\n", StandardCharsets.US_ASCII);
    }

    /** Copies the commits that can be read, each as it is, and names what is missing between them. */
    private void copyLogs(ManifestFile manifest) throws IOException {
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

    private TableRestore restore(Map<Long, SortedFileEntry> damaged) throws IOException, RocksDBException {
        Database database = Database.openRepaired(RocksDbSettings.of(to).database());
        boolean done = false;
        try {
            // The earliest first, so that later ones have the last word.
            List<Map.Entry<Long, SortedFileEntry>> files = new ArrayList<>(damaged.entrySet());
            files.sort(Map.Entry.comparingByValue(Comparator.comparingInt(SortedFileEntry::level)
                    .reversed()
                    .thenComparingLong(SortedFileEntry::largestSequence)));
            for (Map.Entry<Long, SortedFileEntry> file : files) {
                save(TableVerification.sortedFile(from, file.getKey()), file.getValue(), database);
            }
            listAnew(database); // always: an earlier manifest may not know the index yet, and then its log is not
            // replayed
            TableRestore restore = new TableRestore(to, database);
            done = true;
            return restore;
        } finally {
            if (!done) {
                database.close();
            }
        }
    }

    /** Takes the rows of a damaged file that can be read, unless there is a later version. */
    private void save(Path path, SortedFileEntry entry, Database database) throws RocksDBException {
        if (entry.columnFamily() == BatchFormat.INDEX) {
            return; // made anew of the items
        }
        String all = "rows from " + name(entry.smallest().array()) + " to "
                + name(entry.largest().array());
        if (!Files.exists(path)) {
            givenUp.add(path + ": missing, " + all);
            return;
        }
        Rows rows = new Rows(database);
        try (SortedFile file = new SortedFile(path)) {
            file.read(new SortedFile.Visitor() {
                @Override
                public void row(byte[] key, byte[] value) throws RocksDBException {
                    if (later.has(entry, key)) {
                        return;
                    }
                    if (isGood(key, value)) {
                        rows.put(BatchFormat.ITEMS, key, value);
                        savedRows++;
                    } else {
                        givenUp.add(path + ": " + name(key) + " cannot be read");
                    }
                }

                @Override
                public void unreadable(byte @Nullable [] after, byte @Nullable [] before, String reason) {
                    givenUp.add(path + ": rows "
                            + (after == null ? "from " + name(entry.smallest().array()) : "behind " + name(after))
                            + (before == null
                                    ? " to " + name(entry.largest().array())
                                    : " and before " + name(before)));
                }
            });
        } catch (RocksDBException e) {
            givenUp.add(path + ": cannot be read at all, " + all);
        }
        rows.write();
    }

    private boolean isGood(byte[] row, byte[] value) {
        try {
            kinds.check(new ItemValue().read(value, value.length).item(RowKey.decode(row, row.length)));
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    private String name(byte[] row) {
        try {
            return kinds.name(RowKey.decode(row, row.length));
        } catch (RuntimeException e) {
            return "a row whose key cannot be read";
        }
    }

    /** Puts the entry of each item that is listed in the index, unless it is there. */
    private static void listAnew(Database database) throws RocksDBException {
        Rows rows = new Rows(database);
        ColumnFamilyHandle items = database.items();
        ItemValue value = new ItemValue();
        try (RowIterator all = new RowIterator(database, items, RowKey.hashStart(0), null, false)) {
            for (all.first(); all.isValid(); all.next()) {
                all.readKey();
                all.readValue();
                byte[] entry = indexEntry(all, value);
                if (entry != null && database.db().get(database.index(), entry) == null) {
                    rows.put(BatchFormat.INDEX, entry, new byte[0]);
                }
            }
            all.checkStatus();
        }
        rows.write();
    }

    private static byte @Nullable [] indexEntry(RowIterator row, ItemValue value) {
        try {
            value.read(row.value(), row.valueLength()).readVersion();
            IndexKey index = value.readIndex();
            Key key = RowKey.decode(row.key(), row.keyLength());
            return index == null ? null : IndexRow.encode(index, key);
        } catch (TableException e) {
            return null; // a row that is damaged is named by whoever reads it
        }
    }

    /** Rows on their way into the new table. */
    private static final class Rows {
        private final Database database;
        private ByteWriter batch = begin();
        private int count;

        Rows(Database database) {
            this.database = database;
        }

        private static ByteWriter begin() {
            ByteWriter batch = new ByteWriter(1 << 16);
            BatchFormat.beginHousekeeping(0, batch);
            return batch;
        }

        void put(int columnFamily, byte[] key, byte[] value) throws RocksDBException {
            if (columnFamily == BatchFormat.INDEX) {
                BatchFormat.putIndexEntry(key, batch);
            } else {
                BatchFormat.putItem(batch);
                BatchFormat.slice(key, batch);
                BatchFormat.slice(value, batch);
            }
            if (++count == ROWS_PER_WRITE) {
                write();
            }
        }

        void write() throws RocksDBException {
            if (count > 0) {
                byte[] bytes = batch.toByteArray();
                BatchFormat.writeCount(bytes, count);
                database.writeLazily(bytes);
            }
            batch = begin();
            count = 0;
        }
    }
}
