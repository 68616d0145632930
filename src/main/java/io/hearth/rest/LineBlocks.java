package io.hearth.rest;

import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of lines into blocks of whole lines, so that each can be decoded by itself while the next is read. A line
 * longer than a bound is left out and reported by its index.
 */
final class LineBlocks {
    /**
     * Whole lines, each with its line feed, but for the last of the stream.
     *
     * @param firstLine the index in the stream of the first line, from 0
     */
    record Block(byte[] lines, long firstLine) {}

    /** Hears of a line that was left out. */
    interface TooLong {
        void lineIsTooLong(long index);
    }

    private final UnpackedBody body;
    private final TooLong tooLong;
    private final byte[] buffer;
    private int filled;
    private long nextLine;
    private boolean ended;

    /** @param blockBytes how large a block may be, and so how long a line, with its line feed */
    LineBlocks(UnpackedBody body, int blockBytes, TooLong tooLong) {
        this.body = body;
        this.tooLong = tooLong;
        buffer = new byte[blockBytes];
    }

    /** The next block, as large as it can be; null at the end. Waits while the client sends. */
    @Nullable
    Block next() throws IOException {
        while (true) {
            fill();
            int end = ended ? filled : behindLastLineFeed();
            if (end > 0) {
                return take(end);
            }
            if (ended) {
                return null;
            }
            skipLine();
        }
    }

    private void fill() throws IOException {
        while (!ended && filled < buffer.length) {
            int read = body.read(buffer, filled, buffer.length - filled);
            if (read < 0) {
                ended = true;
            } else {
                filled += read;
            }
        }
    }

    private int behindLastLineFeed() {
        int end = filled;
        while (end > 0 && buffer[end - 1] != '\n') {
            end--;
        }
        return end;
    }

    private Block take(int end) {
        Block block = new Block(Arrays.copyOf(buffer, end), nextLine);
        for (int i = 0; i < end; i++) {
            if (buffer[i] == '\n') {
                nextLine++;
            }
        }
        keepFrom(end);
        return block;
    }

    /** The buffer is full of a line that has not ended: leaves it out up to its end. */
    private void skipLine() throws IOException {
        tooLong.lineIsTooLong(nextLine++);
        while (true) {
            for (int i = 0; i < filled; i++) {
                if (buffer[i] == '\n') {
                    keepFrom(i + 1);
                    return;
                }
            }
            filled = 0;
            if (ended) {
                return;
            }
            fill();
        }
    }

    private void keepFrom(int start) {
        System.arraycopy(buffer, start, buffer, 0, filled - start);
        filled -= start;
    }
}
