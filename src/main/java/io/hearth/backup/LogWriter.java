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

    /** @param directory absent, or with the segments so far */
    LogWriter(Path directory) {
        this.directory = directory;
    }

    /**
     * @return how many bytes it took
     * @throws IOException it may be there or not; what is appended next goes to a segment of its own
     */
    int append(LogBlock block) throws IOException {
        boolean done = false;
        try {
            FileChannel channel = segment == null || segment.size() >= SEGMENT_BYTES ? begin(block.first()) : segment;
            ByteBuffer bytes = block.bytes();
            int length = bytes.remaining();
            write(channel, bytes);
            channel.force(false);
            done = true;
            return length;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private FileChannel begin(long first) throws IOException {
        close();
        Files.createDirectories(directory);
        Path file = null;
        for (int attempt = 0; file == null || Files.exists(file); attempt++) {
            file = directory.resolve("%020d-%04d.log".formatted(first, attempt));
        }
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        segment = channel;
        write(channel, ByteBuffer.wrap(LogSegment.MAGIC));
        DurableFiles.syncDirectory(directory);
        DurableFiles.syncParent(directory);
        return channel;
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
        if (open != null) {
            open.close();
        }
    }
}
