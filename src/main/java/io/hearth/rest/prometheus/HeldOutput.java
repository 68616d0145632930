package io.hearth.rest.prometheus;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.LongConsumer;

/**
 * Holds the beginning of an answer back, so that a query that fails while its first series are written is still answered
 * with its error; what is longer goes on as it comes.
 */
final class HeldOutput extends OutputStream {
    private static final int MAX_HELD_BYTES = 4 << 20;

    private final OutputStream sink;
    private final LongConsumer memory;
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private boolean released;

    /** @param memory is told of bytes before they are held */
    HeldOutput(OutputStream sink, LongConsumer memory) {
        this.sink = sink;
        this.memory = memory;
    }

    @Override
    public void write(int single) throws IOException {
        write(new byte[] {(byte) single}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (!released && held.size() + length > MAX_HELD_BYTES) {
            release();
        }
        if (released) {
            sink.write(bytes, offset, length);
        } else {
            // The buffer doubles as it grows.
            memory.accept(2L * length);
            held.write(bytes, offset, length);
        }
    }

    /** Hands on what is held, and from now on holds nothing back. */
    void release() throws IOException {
        if (!released) {
            released = true;
            held.writeTo(sink);
            held.reset();
        }
    }
}
