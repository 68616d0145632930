package io.hearth.rest.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import org.jboss.resteasy.reactive.server.spi.ServerHttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * The body of a response, sent in the pieces it is written in. Blocks while the client reads slower than that, and gives up
 * on one that does not read at all. The first piece is held back until the second: a body of one piece goes out with its
 * length, and until then a failure can still become another answer.
 */
final class ResponseStream extends OutputStream {
    /** The client closed the connection, or has stopped reading. */
    static final class ClientGoneException extends IOException {
        private static final long serialVersionUID = 1L;

        ClientGoneException(String message) {
            super(message);
        }
    }

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ServerHttpResponse response;
    private final Object drained = new Object();
    private byte @Nullable [] held;
    private boolean committed;

    ResponseStream(ServerHttpResponse response) {
        this.response = response;
    }

    /** Whether the client has been sent anything. */
    boolean isCommitted() {
        return committed;
    }

    @Override
    public void write(int single) throws IOException {
        write(new byte[] {(byte) single}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        byte[] piece = Arrays.copyOfRange(bytes, offset, offset + length);
        if (held == null && !committed) {
            held = piece;
            return;
        }
        if (held != null) {
            commit();
            send(held);
            held = null;
        }
        send(piece);
    }

    /** Ends the body; what was written is a whole one. */
    @Override
    public void close() throws IOException {
        if (!committed) {
            committed = true;
            response.end(held == null ? new byte[0] : held);
        } else {
            requireClient();
            response.end();
        }
    }

    private void commit() {
        committed = true;
        response.setChunked(true);
        response.addDrainHandler(this::wake);
        response.addCloseHandler(this::wake);
    }

    private void send(byte[] piece) throws IOException {
        awaitRoom();
        response.write(piece, failure -> wake());
    }

    private void awaitRoom() throws IOException {
        requireClient();
        if (!response.isWriteQueueFull()) {
            return;
        }
        long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
        synchronized (drained) {
            while (response.isWriteQueueFull()) {
                requireClient();
                long leftMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
                if (leftMillis <= 0) {
                    throw new ClientGoneException("the client has not read for " + PATIENCE.toSeconds() + " s");
                }
                try {
                    drained.wait(leftMillis);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new InterruptedIOException("interrupted while waiting for the client");
                }
            }
        }
    }

    private void requireClient() throws ClientGoneException {
        if (response.closed()) {
            throw new ClientGoneException("the client closed the connection");
        }
    }

    private void wake() {
        synchronized (drained) {
            drained.notifyAll();
        }
    }
}
