package io.hearth.table.rocksdb.log;

import io.hearth.bytes.ByteWriter;
import io.hearth.table.Bytes;
import io.hearth.table.TableDamagedException;
import io.hearth.table.rocksdb.row.BatchFormat;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/*
 * RocksDB's manifest [1]: a log file whose records are edits, each a sequence of fields
 *
 *   tag (varint), value   with the tags below; a tag with bit 13 set may be skipped: its value is a length and bytes
 *
 * and all integers varints. The file that the file CURRENT names is the one in force.
 *
 * [1] https://github.com/facebook/rocksdb/blob/main/db/version_edit.cc
 */

/**
 * What the manifest says of the files of a table, read before the database is opened: opening it changes the directory, and what
 * is missing then is not seen any more.
 *
 * @param file the manifest in force
 * @param lastSequence the latest sequence number that is in a sorted file, of any column family
 * @param firstLog the number of the first log file whose records may not be in sorted files yet
 * @param syncedLogs at least how many bytes each log file has that is not written to any more, by its number
 * @param sortedFiles what it says of each sorted file, by its number
 * @param tornAt where the last edit is not whole and nothing follows it, as a power failure leaves it: it was never in force;
 *     {@link #WHOLE} if there is none
 */
public record ManifestFile(
        Path file,
        long lastSequence,
        long firstLog,
        SortedMap<Long, Long> syncedLogs,
        Map<Long, SortedFileEntry> sortedFiles,
        long tornAt) {
    /**
     * What the manifest says of a sorted file.
     *
     * @param columnFamily {@link BatchFormat#ITEMS} or {@link BatchFormat#INDEX}
     * @param level where it is in the order of files: what is in a file of a lesser level is later
     * @param smallest the key of its first row
     * @param largest the key of its last row
     * @param largestSequence the sequence number of its latest record
     */
    public record SortedFileEntry(
            int columnFamily, int level, long bytes, Bytes smallest, Bytes largest, long largestSequence) {
        /** Whether of a row that is in both, this has the later version. */
        public boolean isLaterThan(SortedFileEntry other) {
            return columnFamily == other.columnFamily
                    && (level < other.level
                            || (level == 0 && other.level == 0 && largestSequence > other.largestSequence));
        }

        private SortedFileEntry in(int family) {
            return new SortedFileEntry(family, level, bytes, smallest, largest, largestSequence);
        }
    }

    public static final long WHOLE = -1;

    private static final Logger LOG = Logger.getLogger(ManifestFile.class);

    public static final String CURRENT = "CURRENT";

    private static final int COMPARATOR = 1;
    private static final int LOG_NUMBER = 2;
    private static final int NEXT_FILE_NUMBER = 3;
    private static final int LAST_SEQUENCE = 4;
    private static final int COMPACT_POINTER = 5;
    private static final int DELETED_FILE = 6;
    private static final int PREVIOUS_LOG_NUMBER = 9;
    private static final int MIN_LOG_TO_KEEP = 10;
    private static final int NEW_FILE = 103;
    private static final int COLUMN_FAMILY = 200;
    private static final int COLUMN_FAMILY_ADD = 201;
    private static final int COLUMN_FAMILY_DROP = 202;
    private static final int MAX_COLUMN_FAMILY = 203;
    private static final int IN_ATOMIC_GROUP = 300;
    private static final int MAY_BE_SKIPPED = 1 << 13;
    private static final int LOG_ADDITION = 8199;
    private static final int LOG_DELETION = 8200;

    /** Ends the further fields of a new file or log: each is a tag, and length and bytes, or of a log a number. */
    private static final int END_OF_FIELDS = 1;

    private static final int SYNCED_BYTES = 2;

    /**
     * Reads the manifest in force.
     *
     * @return null if there is none: nothing has been stored in this directory yet, or its CURRENT file is missing
     * @throws TableDamagedException if it cannot be read
     */
    public static @Nullable ManifestFile read(Path directory) throws IOException {
        String current;
        try {
            current = Files.readString(directory.resolve(CURRENT));
        } catch (NoSuchFileException e) {
            return null;
        } catch (CharacterCodingException e) {
            throw damaged(directory.resolve(CURRENT), "does not name a manifest", e);
        }
        if (!current.matches("MANIFEST-[0-9]{6,20}\n")) {
            throw damaged(directory.resolve(CURRENT), "does not name a manifest", null);
        }
        Path file = directory.resolve(current.strip());
        if (!Files.exists(file)) {
            throw damaged(file, "is missing, and " + CURRENT + " names it", null);
        }
        try (LogFileReader edits = new LogFileReader(file)) {
            State state = new State();
            while (edits.next()) {
                try {
                    state.apply(new Fields(edits.record(), edits.recordLength()));
                } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
                    throw damaged(file, "cannot be read at byte " + edits.recordOffset() + ": " + e.getMessage(), e);
                }
            }
            String fault = edits.fault();
            long faultOffset = edits.faultOffset();
            if (fault != null && edits.resume()) {
                throw damaged(file, "cannot be read at byte " + faultOffset + ": " + fault, null);
            }
            return state.toManifest(file, fault == null ? WHOLE : faultOffset);
        }
    }

    /**
     * An edit by which sorted files of a column family are not part of the table any more.
     *
     * @param files by their numbers
     */
    public static byte[] withoutSortedFiles(int columnFamily, Map<Long, SortedFileEntry> files) {
        ByteWriter edit = new ByteWriter(64);
        files.forEach((number, entry) -> {
            edit.writeVarint(DELETED_FILE);
            edit.writeVarint(entry.level());
            edit.writeVarint(number);
        });
        edit.writeVarint(COLUMN_FAMILY);
        edit.writeVarint(columnFamily);
        return edit.toByteArray();
    }

    /** An edit by which nothing is known of the length of log files before a number. */
    public static byte[] withoutLogsBefore(long number) {
        ByteWriter field = new ByteWriter(10);
        field.writeVarint(number);
        ByteWriter edit = new ByteWriter(16);
        edit.writeVarint(LOG_DELETION);
        edit.writeVarint(field.length());
        edit.writeBytes(field.array(), 0, field.length());
        return edit.toByteArray();
    }

    /** Whether nothing was ever stored. */
    public boolean isOfEmptyTable() {
        return lastSequence == 0 && sortedFiles.isEmpty();
    }

    /** Removes an edit that is not whole from the end, as RocksDB reads over some forms of it only. */
    public void cutTornEnd() throws IOException {
        if (tornAt == WHOLE) {
            return;
        }
        LOG.warnf("%s is cut at byte %s, where its last edit was not finished", file, tornAt);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(tornAt);
            channel.force(true);
        }
    }

    private static TableDamagedException damaged(Path file, String what, @Nullable Throwable cause) {
        return new TableDamagedException("the table is damaged: " + file + " " + what, cause);
    }

    /** The fields of one edit. */
    private static final class Fields {
        private final byte[] bytes;
        private final int end;
        private int position;

        Fields(byte[] bytes, int end) {
            this.bytes = bytes;
            this.end = end;
        }

        boolean hasNext() {
            return position < end;
        }

        long varint() {
            long result = 0;
            for (int shift = 0; shift < Long.SIZE; shift += 7) {
                byte b = bytes[position++];
                if (position > end) {
                    throw new IllegalArgumentException("a field is cut off");
                }
                result |= (b & 0x7FL) << shift;
                if (b >= 0) {
                    return result;
                }
            }
            throw new IllegalArgumentException("a malformed number");
        }

        void skipBytes() {
            long length = varint();
            if (length < 0 || length > end - position) {
                throw new IllegalArgumentException("a field is cut off");
            }
            position += (int) length;
        }

        /** The row key in an internal key, whose last bytes are a sequence number and a kind. */
        Bytes rowKey() {
            int start = position;
            skipBytes();
            Fields field = new Fields(bytes, position);
            field.position = start;
            int length = (int) field.varint() - Long.BYTES;
            if (length < 0) {
                throw new IllegalArgumentException("a key is cut off");
            }
            return Bytes.wrap(Arrays.copyOfRange(bytes, field.position, field.position + length));
        }
    }

    /** What the edits so far come to. */
    private static final class State {
        private final Map<Long, SortedFileEntry> files = new TreeMap<>();
        private final SortedMap<Long, Long> logs = new TreeMap<>();
        private final Map<Long, Long> firstLogs = new HashMap<>();
        private long lastSequence;
        private long minLog;

        void apply(Fields fields) {
            long columnFamily = 0;
            long logNumber = 0;
            Map<Long, SortedFileEntry> added = new TreeMap<>();
            while (fields.hasNext()) {
                int tag = Math.toIntExact(fields.varint());
                switch (tag) {
                    case COMPARATOR, COLUMN_FAMILY_ADD -> fields.skipBytes();
                    case LOG_NUMBER -> logNumber = fields.varint();
                    case LAST_SEQUENCE -> lastSequence = Math.max(lastSequence, fields.varint());
                    case MIN_LOG_TO_KEEP -> minLog = Math.max(minLog, fields.varint());
                    case COLUMN_FAMILY -> columnFamily = fields.varint();
                    case NEXT_FILE_NUMBER, PREVIOUS_LOG_NUMBER, MAX_COLUMN_FAMILY, IN_ATOMIC_GROUP -> fields.varint();
                    case COLUMN_FAMILY_DROP -> {}
                    case COMPACT_POINTER -> {
                        fields.varint();
                        fields.skipBytes();
                    }
                    case DELETED_FILE -> {
                        fields.varint();
                        files.remove(fields.varint());
                    }
                    case NEW_FILE -> newFile(fields, added);
                    case LOG_ADDITION -> newLog(fields);
                    case LOG_DELETION -> {
                        fields.varint(); // length
                        logs.headMap(fields.varint()).clear();
                    }
                    default -> {
                        if ((tag & MAY_BE_SKIPPED) == 0) {
                            throw new IllegalArgumentException("unknown field " + tag);
                        }
                        fields.skipBytes();
                    }
                }
            }
            int family = Math.toIntExact(columnFamily); // comes behind the files
            added.forEach((number, entry) -> files.put(number, entry.in(family)));
            if (logNumber != 0) {
                firstLogs.put(columnFamily, logNumber);
            }
        }

        private static void newFile(Fields fields, Map<Long, SortedFileEntry> added) {
            int level = Math.toIntExact(fields.varint());
            long number = fields.varint();
            long bytes = fields.varint();
            Bytes smallest = fields.rowKey();
            Bytes largest = fields.rowKey();
            fields.varint(); // smallest sequence number
            added.put(number, new SortedFileEntry(0, level, bytes, smallest, largest, fields.varint()));
            while (fields.varint() != END_OF_FIELDS) {
                fields.skipBytes();
            }
        }

        private void newLog(Fields fields) {
            fields.varint(); // length
            long number = fields.varint();
            long field = fields.varint();
            while (field != END_OF_FIELDS) {
                long value = fields.varint();
                if (field == SYNCED_BYTES) {
                    logs.put(number, value);
                }
                field = fields.varint();
            }
        }

        ManifestFile toManifest(Path file, long tornAt) {
            long firstOfFamilies =
                    firstLogs.values().stream().mapToLong(Long::longValue).min().orElse(0);
            return new ManifestFile(
                    file,
                    lastSequence,
                    Math.max(minLog, firstOfFamilies),
                    Collections.unmodifiableSortedMap(logs),
                    Map.copyOf(files),
                    tornAt);
        }
    }
}
