package io.hearth.table.rocksdb.log;

import io.hearth.bytes.ByteWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/*
 * RocksDB's log format [1], of the write-ahead log and of the manifest: blocks of 32 KiB, each filled with fragments
 *
 *   [4] masked CRC-32C of type and payload, little-endian   [2] payload bytes, little-endian   [1] type   [n] payload
 *
 * of type 1 (a whole record), 2, 3, 4 (first, middle and last fragment of a record). No fragment crosses the end of a block;
 * the last bytes of a block that hold no header are zero. A file ends behind its last record. We do not use what other
 * types stand for: log files that are used again, compression, user-defined timestamps.
 *
 * [1] https://github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format
 */

/**
 * Reads the records of a log file up to the first place that holds none, and finds the records behind such a place. The file may
 * grow meanwhile. RocksDB's own reader hides where and why it stops, and never ends on some forms of damage.
 */
public final class LogFileReader implements Closeable {
    static final int BLOCK_BYTES = 32 << 10;
    static final int HEADER_BYTES = 7;
    static final int FULL = 1;
    static final int FIRST = 2;
    static final int MIDDLE = 3;
    static final int LAST = 4;

    private static final int TYPE_OFFSET = 6;
    private static final int CRC_MASK_DELTA = 0xA282EAD8;
    private static final ByteWriter NOTHING = new ByteWriter(0);

    private final FileChannel channel;
    private final byte[] block = new byte[BLOCK_BYTES];
    private final CRC32C crc = new CRC32C();
    private long blockStart;
    private int blockLength;
    private int position;
    private ByteWriter record = NOTHING;
    private long recordOffset;
    private @Nullable String fault;
    private long faultOffset;

    public LogFileReader(Path file) throws IOException {
        channel = FileChannel.open(file, StandardOpenOption.READ);
        boolean opened = false;
        try {
            readBlock(0);
            opened = true;
        } finally {
            if (!opened) {
                channel.close();
            }
        }
    }

    /**
     * Goes to the next record.
     *
     * @return false at the end of the file, and at a place that holds no whole record: then {@link #fault} says why
     */
    public boolean next() throws IOException {
        if (fault != null) {
            return false;
        }
        record = new ByteWriter(0);
        boolean begun = false;
        while (true) {
            if (!toHeader()) {
                if (begun) {
                    fail("the record that begins here is not complete", recordOffset);
                }
                return false;
            }
            String reason = reasonAgainst(position);
            if (reason != null && hasGrown()) {
                continue;
            }
            int type = block[position + TYPE_OFFSET];
            if (reason == null && begun == (type == FULL || type == FIRST)) {
                reason = begun ? "another record begins inside of one" : "the beginning of the record is missing";
            }
            if (reason != null) {
                fail(reason, blockStart + position);
                return false;
            }
            if (!begun) {
                recordOffset = blockStart + position;
                begun = true;
            }
            int length = length(position);
            record.writeBytes(block, position + HEADER_BYTES, length);
            position += HEADER_BYTES + length;
            if (type == FULL || type == LAST) {
                return true;
            }
        }
    }

    /**
     * Behind a fault, looks for the next place at which a record begins, byte by byte, as the fault may be one of a length.
     * {@link #next} then reads it.
     *
     * @return false if there is none in the rest of the file
     */
    public boolean resume() throws IOException {
        if (fault == null) {
            return false;
        }
        seek(faultOffset + 1);
        while (true) {
            for (; position + HEADER_BYTES <= blockLength; position++) {
                int type = block[position + TYPE_OFFSET];
                if ((type == FULL || type == FIRST) && reasonAgainst(position) == null) {
                    fault = null;
                    return true;
                }
            }
            if (blockLength < BLOCK_BYTES) {
                return false;
            }
            readBlock(blockStart + BLOCK_BYTES);
        }
    }

    /** How many bytes the file has by now. */
    long size() throws IOException {
        return channel.size();
    }

    /** The record that was read, {@code [0 .. recordLength())}; overwritten by none. */
    public byte[] record() {
        return record.array();
    }

    public int recordLength() {
        return record.length();
    }

    /** Where in the file the record begins. */
    public long recordOffset() {
        return recordOffset;
    }

    /** Why no record could be read at {@link #faultOffset}, where the file has bytes; null if reading went to the end. */
    @Nullable
    public String fault() {
        return fault;
    }

    public long faultOffset() {
        return faultOffset;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** Goes to the next header; answers false at the end of the file or a fault. */
    private boolean toHeader() throws IOException {
        while (blockLength - position < HEADER_BYTES) {
            if (hasGrown()) {
                continue;
            }
            boolean padded = isZero(position, blockLength);
            if (blockLength < BLOCK_BYTES) {
                if (position < blockLength) {
                    fail(padded ? "zeros where a record should be" : "a header is cut off", blockStart + position);
                }
                return false;
            }
            if (!padded) {
                fail("the end of a block is not filled with zeros", blockStart + position);
                return false;
            }
            readBlock(blockStart + BLOCK_BYTES);
        }
        return true;
    }

    /** Why there is no fragment at a position of the block that has room for a header; null if there is one. */
    private @Nullable String reasonAgainst(int at) {
        int type = block[at + TYPE_OFFSET];
        int length = length(at);
        if (type == 0 && length == 0 && crcAt(at) == 0) {
            return "zeros where a record should be";
        }
        if (type < FULL || type > LAST) {
            return "there is no such type of record: " + (type & 0xFF);
        }
        if (length > blockLength - at - HEADER_BYTES) {
            return blockLength < BLOCK_BYTES
                    ? "the file ends within a record"
                    : "a record crosses the end of its block";
        }
        crc.reset();
        crc.update(block, at + TYPE_OFFSET, 1 + length);
        return masked((int) crc.getValue()) == crcAt(at) ? null : "the checksum of a record is wrong";
    }

    /** How a checksum is stored. */
    static int masked(int sum) {
        return Integer.rotateRight(sum, 15) + CRC_MASK_DELTA;
    }

    private int length(int at) {
        return (block[at + 4] & 0xFF) | (block[at + 5] & 0xFF) << 8;
    }

    private int crcAt(int at) {
        return (block[at] & 0xFF)
                | (block[at + 1] & 0xFF) << 8
                | (block[at + 2] & 0xFF) << 16
                | (block[at + 3] & 0xFF) << 24;
    }

    private boolean isZero(int from, int to) {
        for (int i = from; i < to; i++) {
            if (block[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private void fail(String reason, long offset) {
        if (fault == null) {
            fault = reason;
            faultOffset = offset;
        }
    }

    /** Reads the last block of the file again, if it is longer now. */
    private boolean hasGrown() throws IOException {
        if (blockLength == BLOCK_BYTES || channel.size() <= blockStart + blockLength) {
            return false;
        }
        int at = position;
        readBlock(blockStart);
        position = at;
        return true;
    }

    private void seek(long offset) throws IOException {
        readBlock(offset - offset % BLOCK_BYTES);
        position = (int) (offset % BLOCK_BYTES);
    }

    private void readBlock(long start) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(block);
        while (buffer.hasRemaining() && channel.read(buffer, start + buffer.position()) >= 0) {
            // A read may answer less than there is.
        }
        blockStart = start;
        blockLength = buffer.position();
        position = 0;
    }
}
