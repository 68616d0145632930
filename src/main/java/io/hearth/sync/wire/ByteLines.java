package io.hearth.sync.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The lines of a stream, which are long, as bytes. To be used by one thread. */
final class ByteLines {
    private final InputStream in;
    private final byte[] buffer = new byte[64 << 10];
    private int from;
    private int to;
    private long bytes;

    ByteLines(InputStream in) {
        this.in = in;
    }

    /** How many bytes have been read from the stream. */
    long bytes() {
        return bytes;
    }

    /** The next line, without its end; null if there is none. What has no end of line is broken off, and no line. */
    byte @Nullable [] next() throws IOException {
        ByteArrayOutputStream line = null;
        while (true) {
            for (int i = from; i < to; i++) {
                if (buffer[i] == '\n') {
                    byte[] rest = Arrays.copyOfRange(buffer, from, i);
                    from = i + 1;
                    if (line == null) {
                        return rest;
                    }
                    line.writeBytes(rest);
                    return line.toByteArray();
                }
            }
            line = line == null ? new ByteArrayOutputStream(to - from + buffer.length) : line;
            line.write(buffer, from, to - from);
            from = 0;
            to = in.read(buffer, 0, buffer.length);
            if (to < 0) {
                to = 0;
                return null;
            }
            bytes += to;
        }
    }
}
