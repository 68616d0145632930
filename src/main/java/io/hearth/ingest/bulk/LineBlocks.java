package io.hearth.ingest.bulk;

import io.hearth.codec.LineFormat;
import java.io.IOException;
import java.io.InputStream;
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
     * @param length how many bytes of {@code lines} count
     * @param firstLine the index in the stream of the first line, from 0
     */
    record Block(byte[] lines, int length, long firstLine) {}

    /** Hears of a line that was left out. */
    interface TooLong {
        void lineIsTooLong(long index);
    }

    /** What a block begins with: most requests are far smaller than a block may be. */
    private static final int FIRST_BYTES = 64 * 1024;

    private final InputStream body;
    private final LineFormat format;
    private final int blockBytes;
    private final TooLong tooLong;
    private byte[] buffer;
    private int filled;
    private long nextLine;
    private boolean begun;
    private boolean ended;

    /** @param blockBytes how large a block may be, and so how long a line, with its line feed */
    LineBlocks(InputStream body, LineFormat format, int blockBytes, TooLong tooLong) {
        this.body = body;
        this.format = format;
        this.blockBytes = blockBytes;
        this.tooLong = tooLong;
        buffer = new byte[Math.min(FIRST_BYTES, blockBytes)];
    }

    /** The next block, as large as it can be; null at the end. Waits while the client sends. */
    @Nullable
    Block next() throws IOException {
        while (true) {
            fill();
            skipByteOrderMark();
            int end = ended ? filled : format.endOfLastLine(buffer, filled);
            if (end > 0) {
                return take(end);
            }
            if (ended) {
                return null;
            }
            skipLine();
        }
    }

    /** At the beginning of the stream: editors and PowerShell put it there. */
    private void skipByteOrderMark() throws IOException {
        if (!begun) {
            begun = true;
            if (filled >= 3 && buffer[0] == (byte) 0xEF && buffer[1] == (byte) 0xBB && buffer[2] == (byte) 0xBF) {
                keepFrom(3);
                fill();
            }
        }
    }

    private void fill() throws IOException {
        while (!ended && filled < blockBytes) {
            if (filled == buffer.length) {
                buffer = Arrays.copyOf(buffer, Math.min(blockBytes, filled * 2));
            }
            int read = body.read(buffer, filled, buffer.length - filled);
            if (read < 0) {
                ended = true;
            } else {
                filled += read;
            }
        }
    }

    /** Hands the buffer over and goes on in another. */
    private Block take(int end) {
        Block block = new Block(buffer, end, nextLine);
        for (int i = 0; i < end; i++) {
            nextLine += buffer[i] == '\n' ? 1 : 0;
        }
        int rest = filled - end;
        byte[] next = new byte[ended ? 0 : buffer.length];
        System.arraycopy(buffer, end, next, 0, rest);
        buffer = next;
        filled = rest;
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
