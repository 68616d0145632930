package io.hearth.backup;

import io.airlift.compress.MalformedInputException;
import io.airlift.compress.zstd.ZstdCompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import io.hearth.table.rocksdb.LogRecord;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/*
 * A block of a log segment, big-endian:
 *
 *   [4] CRC-32C of all that follows        [4] bytes of the packed commits    [4] bytes of them unpacked
 *   [8] first sequence number              [8] last sequence number; one less than the first if there is no commit
 *   [8] earliest commit time, µs; of a block without commits Long.MAX_VALUE, or when a backup was taken: what follows was
 *       shipped after that
 *   [8] complete until, µs; 0 if that is not known
 *   the commits, Zstandard: each [8] first [8] last sequence number [8] commit time, µs [4] length, and the batch
 */

/**
 * Commits that follow each other.
 *
 * @param first the sequence number of the first record
 * @param last that of the last one; {@code first - 1} if there is no commit
 * @param earliestMicros the earliest time at which one of the commits began; {@link Long#MAX_VALUE} if none has a time
 * @param completeUntilMicros every commit that was acknowledged before is in the log up to here; 0 if that is not known
 * @param packed the commits, compressed; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes, which nobody changes
record LogBlock(
        long first, long last, long earliestMicros, long completeUntilMicros, int unpackedBytes, byte[] packed) {
    static final int HEADER_BYTES = 4 + 4 + 4 + 4 * Long.BYTES;

    /** No block that is written is larger: a commit has a few MiB at most, and a block ends with the one that fills it. */
    static final int MAX_UNPACKED_BYTES = 1 << 30;

    private static final int RECORD_HEADER_BYTES = 3 * Long.BYTES + 4;

    /** Says that what comes behind it was shipped after a backup was taken. */
    static LogBlock mark(long after, long takenMicros) {
        return new LogBlock(after + 1, after, takenMicros, 0, 0, new byte[0]);
    }

    /** Whether it is the mark of the backup that was taken then. */
    boolean isMarkOf(long takenMicros) {
        return last < first && earliestMicros == takenMicros;
    }

    static LogBlock of(List<LogRecord> commits, long after, long completeUntilMicros) {
        int bytes = 0;
        long earliest = Long.MAX_VALUE;
        for (LogRecord commit : commits) {
            bytes += RECORD_HEADER_BYTES + commit.batch().length;
            if (commit.commitMicros() != LogRecord.NO_TIME) {
                earliest = Math.min(earliest, commit.commitMicros());
            }
        }
        ByteBuffer raw = ByteBuffer.allocate(bytes);
        for (LogRecord commit : commits) {
            raw.putLong(commit.first()).putLong(commit.last()).putLong(commit.commitMicros());
            raw.putInt(commit.batch().length).put(commit.batch());
        }
        long last = commits.isEmpty() ? after : commits.get(commits.size() - 1).last();
        return new LogBlock(after + 1, last, earliest, completeUntilMicros, bytes, pack(raw.array()));
    }

    /** The block as it is stored. */
    ByteBuffer bytes() {
        ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + packed.length);
        bytes.putInt(0).putInt(packed.length).putInt(unpackedBytes);
        bytes.putLong(first).putLong(last).putLong(earliestMicros).putLong(completeUntilMicros);
        bytes.put(packed);
        bytes.flip();
        return bytes.putInt(0, checksum(bytes));
    }

    /**
     * How many bytes the block has that begins with this header; negative if none does.
     *
     * @param head at least {@link #HEADER_BYTES}
     */
    static int plausibleBytes(ByteBuffer head) {
        int start = head.position();
        int packedBytes = head.getInt(start + 4);
        int unpackedBytes = head.getInt(start + 8);
        long first = head.getLong(start + 12);
        long last = head.getLong(start + 20);
        boolean isPlausible = packedBytes >= 0
                && packedBytes <= MAX_UNPACKED_BYTES
                && unpackedBytes >= 0
                && unpackedBytes <= MAX_UNPACKED_BYTES
                && first > 0
                && last >= first - 1
                && last - first < MAX_UNPACKED_BYTES;
        return isPlausible ? HEADER_BYTES + packedBytes : -1;
    }

    /** How many bytes it takes in a segment. */
    int storedBytes() {
        return HEADER_BYTES + packed.length;
    }

    private static int checksum(ByteBuffer block) {
        CRC32C crc = new CRC32C();
        crc.update(block.duplicate().position(block.position() + Integer.BYTES));
        return (int) crc.getValue();
    }

    /**
     * Null if the checksum is wrong.
     *
     * @param bytes as many as a plausible header says
     */
    static @Nullable LogBlock parse(ByteBuffer bytes) {
        ByteBuffer block = bytes.duplicate();
        int checksum = checksum(block);
        if (block.getInt() != checksum) {
            return null;
        }
        int packedBytes = block.getInt();
        int unpackedBytes = block.getInt();
        long first = block.getLong();
        long last = block.getLong();
        long earliest = block.getLong();
        long completeUntil = block.getLong();
        byte[] packed = new byte[packedBytes];
        block.get(packed);
        return new LogBlock(first, last, earliest, completeUntil, unpackedBytes, packed);
    }

    /**
     * The commits, unpacked.
     *
     * @throws BackupException if they are not what a writer makes: they are not damaged, as the checksum is right
     */
    List<LogRecord> commits() {
        List<LogRecord> commits = new ArrayList<>();
        long reached = first - 1;
        try {
            ByteBuffer raw = ByteBuffer.wrap(unpack());
            while (raw.hasRemaining()) {
                long from = raw.getLong();
                long to = raw.getLong();
                long micros = raw.getLong();
                int bytes = raw.getInt();
                if (from != reached + 1 || to < from || bytes < 0 || bytes > raw.remaining()) {
                    throw malformed(null);
                }
                byte[] batch = new byte[bytes];
                raw.get(batch);
                commits.add(new LogRecord(from, to, micros, batch));
                reached = to;
            }
        } catch (MalformedInputException | BufferUnderflowException e) {
            throw malformed(e);
        }
        if (reached != last) {
            throw malformed(null);
        }
        return commits;
    }

    private BackupException malformed(@Nullable Throwable cause) {
        return new BackupException(
                "the block of the log with the records " + first + " to " + last + " is malformed", cause);
    }

    private static byte[] pack(byte[] raw) {
        if (raw.length == 0) {
            return raw;
        }
        ZstdCompressor zstd = new ZstdCompressor();
        byte[] packed = new byte[zstd.maxCompressedLength(raw.length)];
        int bytes = zstd.compress(raw, 0, raw.length, packed, 0, packed.length);
        return Arrays.copyOf(packed, bytes);
    }

    private byte[] unpack() {
        if (unpackedBytes == 0) {
            return new byte[0];
        }
        byte[] raw = new byte[unpackedBytes];
        new ZstdDecompressor().decompress(packed, 0, packed.length, raw, 0, raw.length);
        return raw;
    }
}
