package io.hearth.backup;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads a segment of the log: the bytes {@code hearth log 1}, a line feed, and blocks. */
final class LogSegment implements Closeable {
    static final byte[] MAGIC = "hearth log 1\n".getBytes(StandardCharsets.US_ASCII);

    private final Path file;
    private final long size;
    private final DataInputStream in;
    private long position;
    private @Nullable String damage;

    LogSegment(Path file) throws IOException {
        this.file = file;
        size = Files.size(file);
        in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
        byte[] magic = in.readNBytes(MAGIC.length);
        position = magic.length;
        if (magic.length == MAGIC.length && !Arrays.equals(magic, MAGIC)) {
            damage = file + " is damaged: it does not begin as a log does";
        }
    }

    /**
     * The next block; null at the end, where the last block may be unfinished, and where a damaged one begins.
     *
     * @see #damage
     */
    @Nullable
    LogBlock next() throws IOException {
        if (damage != null || size - position < LogBlock.HEADER_BYTES) {
            return null;
        }
        byte[] head = in.readNBytes(LogBlock.HEADER_BYTES);
        if (head.length < LogBlock.HEADER_BYTES) {
            return null;
        }
        ByteBuffer header = ByteBuffer.wrap(head);
        int checksum = header.getInt();
        int packedBytes = header.getInt();
        int unpackedBytes = header.getInt();
        long end = position + LogBlock.HEADER_BYTES + (packedBytes & 0xFFFFFFFFL);
        if (packedBytes < 0 || end > size || unpackedBytes < 0 || unpackedBytes > LogBlock.MAX_UNPACKED_BYTES) {
            return null; // never finished, as far as anybody can tell
        }
        byte[] block = Arrays.copyOf(head, LogBlock.HEADER_BYTES + packedBytes);
        int read = in.readNBytes(block, LogBlock.HEADER_BYTES, packedBytes);
        if (read < packedBytes || LogBlock.checksum(block) != checksum) {
            if (end < size) {
                damage = file + " is damaged at byte " + position + ": the checksum is wrong";
            }
            return null;
        }
        position = end;
        return LogBlock.parse(block);
    }

    /** What is wrong with the segment, as far as it was read; null if nothing is. */
    @Nullable
    String damage() {
        return damage;
    }

    /** Bytes at the end that belong to no whole block: what was being written when the service died. */
    long unfinishedBytes() {
        return size - position;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
