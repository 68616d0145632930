package io.hearth.backup;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a segment of the log: the bytes {@code hearth log 1}, a line feed, and blocks. A writer that failed or died begins
 * another segment, so only the end of a segment can be unfinished: where a whole block follows, what is before it is damaged.
 */
final class LogSegment implements Closeable {
    static final byte[] MAGIC = "hearth log 1\n".getBytes(StandardCharsets.US_ASCII);

    private static final int WINDOW_BYTES = 1 << 20;

    private final Path file;
    private final FileChannel channel;
    private final long size;
    private final List<String> damages = new ArrayList<>();
    private ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES).limit(0);
    private long windowStart;
    private long position;
    private boolean ended;

    LogSegment(Path file) throws IOException {
        this.file = file;
        channel = FileChannel.open(file, StandardOpenOption.READ);
        size = channel.size();
        ByteBuffer magic = at(0, MAGIC.length);
        if (magic == null) {
            ended = true; // it was being begun when the writer died
        } else if (!magic.equals(ByteBuffer.wrap(MAGIC))) {
            damages.add(file + " is damaged: it does not begin as a log does");
        }
        position = magic == null ? 0 : MAGIC.length;
    }

    /** The next whole block; null behind the last one. */
    @Nullable
    LogBlock next() throws IOException {
        if (ended) {
            return null;
        }
        LogBlock block = blockAt(position);
        if (block == null) {
            long resumed = wholeBlockBehind(position);
            if (resumed < 0) {
                ended = true;
                return null;
            }
            damages.add(file + " is damaged: bytes " + position + " to " + resumed + " are no whole block");
            position = resumed;
            block = blockAt(position);
        }
        position += block == null ? 0 : block.storedBytes();
        return block;
    }

    private @Nullable LogBlock blockAt(long at) throws IOException {
        ByteBuffer head = at(at, LogBlock.HEADER_BYTES);
        if (head == null) {
            return null;
        }
        int bytes = LogBlock.plausibleBytes(head);
        ByteBuffer whole = bytes < 0 ? null : at(at, bytes);
        return whole == null ? null : LogBlock.parse(whole);
    }

    private long wholeBlockBehind(long at) throws IOException {
        for (long candidate = at + 1; candidate + LogBlock.HEADER_BYTES <= size; candidate++) {
            if (blockAt(candidate) != null) {
                return candidate;
            }
        }
        return -1;
    }

    /** Bytes of the file; null if it does not have so many there. What it answered before is overwritten. */
    private @Nullable ByteBuffer at(long start, int bytes) throws IOException {
        if (start + bytes > size) {
            return null;
        }
        if (start < windowStart || start + bytes > windowStart + window.limit()) {
            if (bytes > window.capacity()) {
                window = ByteBuffer.allocate(bytes);
            }
            window.clear();
            while (window.hasRemaining() && channel.read(window, start + window.position()) >= 0) {
                // until it is full or the file ends
            }
            window.flip();
            windowStart = start;
        }
        int offset = (int) (start - windowStart);
        return window.limit() - offset < bytes ? null : window.slice(offset, bytes);
    }

    /** What is wrong with the segment, as far as it was read. */
    List<String> damages() {
        return damages;
    }

    /** Bytes behind the last whole block, once there is no next one: what was being written when the writer failed or died. */
    long unfinishedBytes() throws IOException {
        // What has grown meanwhile is being written now.
        return channel.size() > size ? 0 : size - position;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
