package io.hearth.backup;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Appends blocks to a log, in segments; each block is durable when it is appended. */
final class LogWriter implements Closeable {
    private static final long SEGMENT_BYTES = 64L << 20;

    private final Path directory;
    private @Nullable FileChannel segment;
    private @Nullable Path file;

    /** @param directory absent, or with the segments so far */
    LogWriter(Path directory) {
        this.directory = directory;
    }

    /**
     * @return how many bytes it took
     * @throws LogLostException the file that it was written to is not there any more
     * @throws IOException it may be there or not; what is appended next goes to a segment of its own
     */
    int append(LogBlock block) throws IOException {
        boolean begun = false;
        try {
            FileChannel channel = segment;
            if (channel == null || channel.size() >= SEGMENT_BYTES) {
                begun = true;
                channel = begin(block.first());
            }
            requireInPlace(channel);
            ByteBuffer bytes = block.bytes();
            int length = bytes.remaining();
            write(channel, bytes);
            channel.force(false);
            requireInPlace(channel);
            return length;
        } catch (IOException e) {
            giveUp(begun, e);
            throw e;
        }
    }

    /** A file that was removed, replaced or cut goes on taking what is written to it. */
    private void requireInPlace(FileChannel channel) throws IOException {
        Path written = file;
        if (written != null && (!Files.exists(written) || Files.size(written) != channel.position())) {
            throw new LogLostException(written + " was removed or changed while it was written");
        }
    }

    /** @param begun whether the segment was to begin with it: a disk that is full for hours must not get a file at every attempt */
    private void giveUp(boolean begun, IOException failure) {
        Path failed = file;
        try {
            close();
            if (begun && failed != null) {
                Files.deleteIfExists(failed);
            }
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    private FileChannel begin(long first) throws IOException {
        close();
        Files.createDirectories(directory);
        Path next = directory.resolve(nextName(first).text());
        FileChannel channel = FileChannel.open(next, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        segment = channel;
        file = next;
        write(channel, ByteBuffer.wrap(LogSegment.MAGIC));
        DurableFiles.syncDirectory(directory);
        DurableFiles.syncParent(directory);
        return channel;
    }

    /** The segment that is being written; null if there is none. */
    @Nullable
    Path open() {
        return file;
    }

    /** A name behind those of all segments that are there, so that names stay in the order of writing. */
    private SegmentName nextName(long first) throws IOException {
        int attempt = 0;
        for (Path there : DurableFiles.list(directory)) {
            SegmentName name = SegmentName.of(there);
            if (name != null && name.first() == first) {
                attempt = Math.max(attempt, name.attempt() + 1);
            }
        }
        return new SegmentName(first, attempt);
    }

    private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Ends the segment; what is appended next begins another. */
    @Override
    public void close() throws IOException {
        FileChannel open = segment;
        segment = null;
        file = null;
        if (open != null) {
            open.close();
        }
    }
}
