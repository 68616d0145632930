package io.hearth.table.rocksdb.offline;

import io.hearth.table.PrivateDirectory;
import io.hearth.table.TableDamagedException;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.database.Database;
import io.hearth.table.rocksdb.file.FormatFile;
import io.hearth.table.rocksdb.log.LogFileWriter;
import io.hearth.table.rocksdb.log.ManifestFile;
import io.hearth.table.rocksdb.log.ManifestFile.SortedFileEntry;
import io.hearth.table.rocksdb.row.BatchFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.rocksdb.RocksDBException;

/**
 * Makes a new table of what can be read of a damaged one, which stays as it is. Whole sorted files are shared with it; of damaged
 * ones the rows that can be read are taken, unless there is a later version; of the log all commits that can be read.
 *
 * <p>What a damaged file said of a row is lost, also that it was removed or replaced: then the version before it is there again.
 */
public final class TableRepair {
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
        new LogSalvage(from, to, later, givenUp).copy(manifest);
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
                            + " is missing: nothing tells which files the table has. Restore a backup",
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

    private TableRestore restore(Map<Long, SortedFileEntry> damaged) throws IOException, RocksDBException {
        Database database = Database.openRepaired(RocksDbSettings.of(to).database());
        boolean done = false;
        try {
            RowSalvage rows = new RowSalvage(database, kinds, later, givenUp);
            // The earliest first, so that later ones have the last word.
            List<Map.Entry<Long, SortedFileEntry>> files = new ArrayList<>(damaged.entrySet());
            files.sort(Map.Entry.comparingByValue(Comparator.comparingInt(SortedFileEntry::level)
                    .reversed()
                    .thenComparingLong(SortedFileEntry::largestSequence)));
            for (Map.Entry<Long, SortedFileEntry> file : files) {
                rows.take(TableVerification.sortedFile(from, file.getKey()), file.getValue());
            }
            savedRows = rows.savedRows();
            // Always: an earlier manifest may not know the index yet, and then its log is not replayed.
            rows.listAnew();
            TableRestore restore = new TableRestore(to, database);
            done = true;
            return restore;
        } finally {
            if (!done) {
                database.close();
            }
        }
    }
}
