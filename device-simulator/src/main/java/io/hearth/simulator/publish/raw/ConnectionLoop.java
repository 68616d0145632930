package io.hearth.simulator.publish.raw;

import io.hearth.simulator.publish.PublishFailedException;
import io.hearth.simulator.publish.PublishSettings;
import io.hearth.simulator.publish.WireBuffer;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Drives many connections from one thread and one selector: connecting, writing when there is room, reading, keep-alive,
 * connecting again. What they send is their {@link Session}'s matter.
 */
public final class ConnectionLoop implements Closeable {

    public static final int WRITE_BYTES = 64 * 1024;
    public static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** A few at a time, so that the server's queue of connections to accept does not overflow. */
    private static final int CONNECTING_AT_START = 128;

    private static final int CONNECTING_IN_RUN = 2_000;
    private static final long FINE_WAIT_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

    public final List<RawConnection> connections = new ArrayList<>();

    private final InetSocketAddress address;
    private final @Nullable Tls tls;
    private final Selector selector;
    private final ArrayDeque<RawConnection> ready = new ArrayDeque<>();
    private final WireBuffer out = new WireBuffer(2 * WRITE_BYTES);
    private final ByteBuffer input = ByteBuffer.allocate(256 * 1024);
    private int maxConnecting = CONNECTING_AT_START;
    private int connecting;
    private int up;
    private int closed;
    private long lastTickNanos;

    public ConnectionLoop(PublishSettings settings) throws PublishFailedException, IOException {
        address = new InetSocketAddress(settings.host(), settings.port());
        if (address.isUnresolved()) {
            throw new PublishFailedException("unknown host " + settings.host());
        }
        SSLContext context = settings.tls();
        tls = context == null ? null : new Tls(context, settings.host(), settings.port());
        selector = Selector.open();
    }

    /** Takes on a connection that is to be made from the next {@link #tick} on. */
    public RawConnection add(Session session, boolean startsClean) {
        RawConnection connection = new RawConnection(session, startsClean, tls);
        session.connection = connection;
        connections.add(connection);
        return connection;
    }

    /** Connections that can be used now. */
    public int up() {
        return up;
    }

    /** Connections that are lost for good. */
    public int closed() {
        return closed;
    }

    /** From now on whole fleets may come back at once. */
    public void allowStorms() {
        maxConnecting = CONNECTING_IN_RUN;
    }

    public boolean hasReady() {
        return !ready.isEmpty();
    }

    public long lastTickNanos() {
        return lastTickNanos;
    }

    boolean allFlushed() {
        for (RawConnection connection : connections) {
            if (!connection.isFlushed()) {
                return false;
            }
        }
        return true;
    }

    /** Has the connection's session asked for what there is to send. */
    public void enqueue(RawConnection connection) {
        if (!connection.queued) {
            connection.queued = true;
            ready.add(connection);
        }
    }

    /** Sends on each connection in the queue what is due and fits. */
    public void pump(long now) {
        for (int i = ready.size(); i > 0; i--) {
            RawConnection connection = ready.remove();
            connection.queued = false;
            if (!connection.canSend()) {
                continue;
            }
            try {
                out.clear();
                boolean more = connection.session.send(out, now);
                connection.write(out);
                if (more && connection.canSend()) {
                    enqueue(connection);
                }
            } catch (IOException e) {
                lost(connection, e, now);
            }
        }
    }

    /** Waits for the network, at most until then; handles what came. */
    public void selectUntil(long untilNanos) throws IOException, InterruptedException {
        long wait = untilNanos - System.nanoTime();
        if (wait <= 0) {
            selector.selectNow(this::handle);
        } else if (wait >= 2_000_000) {
            // select() counts in milliseconds: leave the last one to finer waiting.
            selector.select(this::handle, wait / 1_000_000 - 1);
        } else if (selector.selectNow(this::handle) == 0) {
            LockSupport.parkNanos(Math.min(wait, FINE_WAIT_NANOS));
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    private void handle(SelectionKey key) {
        RawConnection connection = (RawConnection) key.attachment();
        long now = System.nanoTime();
        try {
            if (key.isConnectable()) {
                connection.finishConnect(now);
            }
            if (key.isReadable()) {
                connection.read(input, now, this::packet);
            }
            if (key.isValid() && key.isWritable()) {
                connection.continueWriting();
            }
            enqueue(connection);
        } catch (IOException e) {
            lost(connection, e, now);
        } catch (CancelledKeyException e) {
            // Closed while handling an earlier event of the same round.
        }
    }

    private void packet(RawConnection connection, int head, byte[] bytes, int at, int length, long now)
            throws IOException {
        if (head >> 4 != MqttPackets.CONNACK) {
            connection.session.packet(head, bytes, at, length, now);
            return;
        }
        int code = length < 2 ? 0 : bytes[at + 1] & 0xFF;
        if (code != 0) {
            throw new IOException("the server refused the connection: " + MqttPackets.refusal(code));
        }
        boolean again = connection.wasUp;
        leftConnecting(connection);
        if (!connection.accepted()) {
            return;
        }
        up++;
        out.clear();
        connection.session.up(again, out, now);
        connection.write(out);
    }

    private void startConnecting(RawConnection connection, long now) throws IOException {
        if (connection.session.waitsItsTurn()) {
            if (connecting >= maxConnecting) {
                return;
            }
            connecting++;
        }
        connection.connect(selector, address, now);
    }

    private void leftConnecting(RawConnection connection) {
        if (connection.session.waitsItsTurn()) {
            connecting--;
        }
    }

    /** Cuts a connection on purpose, without a word to the server; it is made again from {@code retryAtNanos} on. */
    public void cut(RawConnection connection, long retryAtNanos) {
        switch (connection.state) {
            case UP -> up--;
            case CONNECTING, SECURING, HANDSHAKE -> leftConnecting(connection);
            case WAITING, CLOSED -> {
                return;
            }
        }
        connection.close();
        connection.state = RawConnection.State.WAITING;
        connection.retryAtNanos = retryAtNanos;
    }

    /** Gives up the connection, without a word to the server, and asks its session whether to make another. */
    void lost(RawConnection connection, IOException cause, long now) {
        RawConnection.State before = connection.state;
        switch (before) {
            case UP -> up--;
            case CONNECTING, SECURING, HANDSHAKE -> leftConnecting(connection);
            case WAITING, CLOSED -> {
                return;
            }
        }
        connection.close();
        long retryAt = connection.session.lost(before, describe(cause), now);
        if (retryAt == Session.NEVER) {
            connection.state = RawConnection.State.CLOSED;
            closed++;
        } else {
            connection.state = RawConnection.State.WAITING;
            connection.retryAtNanos = retryAt;
        }
    }

    /** The slow chores: connecting, keep-alive, timeouts. */
    public void tick(long now) {
        lastTickNanos = now;
        for (RawConnection connection : connections) {
            try {
                if (connection.state != RawConnection.State.WAITING) {
                    connection.tick(now, out);
                } else if (now - connection.retryAtNanos >= 0) {
                    startConnecting(connection, now);
                }
            } catch (IOException e) {
                lost(connection, e, now);
            }
        }
    }

    /** Says goodbye on a connection, with what is in {@code farewell} before it, and closes it for good. */
    public void end(RawConnection connection, WireBuffer farewell) {
        if (connection.canSend()) {
            try {
                MqttPackets.disconnect(farewell);
                connection.write(farewell);
            } catch (IOException e) {
                // It goes away either way; the server then sends the will.
            }
        }
        connection.close();
        connection.state = RawConnection.State.CLOSED;
    }

    @Override
    public void close() throws IOException {
        for (RawConnection connection : connections) {
            connection.close();
            connection.state = RawConnection.State.CLOSED;
        }
        selector.close();
    }

    private static String describe(IOException cause) {
        String message = cause.getMessage();
        return message == null || message.isEmpty() ? cause.getClass().getSimpleName() : message;
    }
}
