package io.hearth.simulator.publish;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One MQTT connection of {@link RawPublisher}: its socket, what is in flight on it, and the state it is in. All of them
 * run on the publisher's one thread and share its buffers.
 */
final class RawConnection {

    enum State {
        /** Not connected; may connect again from {@link #retryAtNanos} on. */
        WAITING,
        CONNECTING,
        /** CONNECT is sent. */
        HANDSHAKE,
        UP,
        /** Lost for good, or ended. */
        CLOSED
    }

    static final int KEEP_ALIVE_SECONDS = 60;
    private static final long PING_AFTER_NANOS = TimeUnit.SECONDS.toNanos(KEEP_ALIVE_SECONDS) / 2;
    private static final long DEAD_AFTER_NANOS = TimeUnit.SECONDS.toNanos(KEEP_ALIVE_SECONDS);
    private static final long CONNECT_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final byte[] NOTHING = {};

    final int index;
    final InFlightWindow window;
    final Backoff backoff = new Backoff();
    State state = State.WAITING;
    long retryAtNanos = System.nanoTime();
    boolean wasUp;
    /** Whether it stands in the publisher's queue of connections with something to do. */
    boolean queued;

    private final String clientId;
    private final PublishSettings settings;
    private final byte[] willTopic;
    private @Nullable SocketChannel channel;
    private @Nullable SelectionKey key;
    private byte[] unread = NOTHING;
    private @Nullable ByteBuffer unwritten;
    private long stateSinceNanos;
    private long lastReadNanos;
    private boolean pinged;
    private boolean needsCleanSession;

    RawConnection(int index, String clientId, PublishSettings settings, byte[] willTopic, InFlightWindow window) {
        this.index = index;
        this.clientId = clientId;
        this.settings = settings;
        this.willTopic = willTopic;
        this.window = window;
        // At QoS 2 the server may remember packet ids of an earlier run and would take new messages for old ones.
        this.needsCleanSession = settings.qos() == 2;
    }

    void connect(Selector selector, InetSocketAddress address, long nowNanos) throws IOException {
        state = State.CONNECTING;
        stateSinceNanos = nowNanos;
        SocketChannel opened = SocketChannel.open();
        channel = opened;
        opened.configureBlocking(false);
        opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
        boolean done = opened.connect(address);
        key = opened.register(selector, done ? 0 : SelectionKey.OP_CONNECT, this);
        if (done) {
            startHandshake(nowNanos);
        }
    }

    /** The socket is connected, or throws why it is not. */
    void finishConnect(long nowNanos) throws IOException {
        if (channel != null && channel.finishConnect()) {
            startHandshake(nowNanos);
        }
    }

    private void startHandshake(long nowNanos) throws IOException {
        state = State.HANDSHAKE;
        stateSinceNanos = nowNanos;
        lastReadNanos = nowNanos;
        pinged = false;
        WireBuffer out = new WireBuffer(256);
        MqttPackets.connect(out, clientId, settings.credentials(), willTopic, needsCleanSession, KEEP_ALIVE_SECONDS);
        interest(SelectionKey.OP_READ);
        write(out);
    }

    /**
     * CONNACK accepted. False if that was only to clear the server's memory of an earlier run, and the connection is now
     * to be made again.
     */
    boolean accepted() throws IOException {
        if (needsCleanSession) {
            needsCleanSession = false;
            WireBuffer out = new WireBuffer(2);
            MqttPackets.disconnect(out);
            write(out);
            close();
            state = State.WAITING;
            return false;
        }
        state = State.UP;
        wasUp = true;
        backoff.reset();
        return true;
    }

    boolean canSend() {
        return state == State.UP && unwritten == null;
    }

    /** Sends, or keeps what the socket does not take and waits for it to become writable; then {@link #canSend} is false. */
    void write(WireBuffer out) throws IOException {
        SocketChannel open = channel;
        if (open == null || out.length() == 0) {
            return;
        }
        ByteBuffer rest = unwritten;
        if (rest != null) {
            byte[] joined = Arrays.copyOf(rest.array(), rest.limit() + out.length());
            System.arraycopy(out.array(), 0, joined, rest.limit(), out.length());
            unwritten = ByteBuffer.wrap(joined).position(rest.position());
            return;
        }
        ByteBuffer source = ByteBuffer.wrap(out.array(), 0, out.length());
        open.write(source);
        if (source.hasRemaining()) {
            unwritten = ByteBuffer.wrap(Arrays.copyOfRange(out.array(), source.position(), out.length()));
            interest(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        }
    }

    /** The socket takes bytes again. */
    void continueWriting() throws IOException {
        SocketChannel open = channel;
        ByteBuffer rest = unwritten;
        if (open == null || rest == null) {
            return;
        }
        open.write(rest);
        if (!rest.hasRemaining()) {
            unwritten = null;
            interest(SelectionKey.OP_READ);
        }
    }

    /** What to do with a packet from the server; {@code value} is its packet id, or CONNACK's code. */
    interface PacketHandler {
        void packet(int type, int value) throws IOException;
    }

    /** Reads what is there and hands on each whole packet. */
    void read(ByteBuffer buffer, long nowNanos, PacketHandler handler) throws IOException {
        SocketChannel open = channel;
        if (open == null) {
            return;
        }
        buffer.clear();
        buffer.put(unread);
        unread = NOTHING;
        int count = open.read(buffer);
        if (count < 0) {
            throw new EOFException("the server closed the connection");
        }
        lastReadNanos = nowNanos;
        pinged = false;
        byte[] bytes = buffer.array();
        int end = buffer.position();
        int at = 0;
        while (end - at >= 2) {
            int length = 0;
            int shift = 0;
            int body = at + 1;
            boolean whole = false;
            while (body < end && shift < 28 && !whole) {
                int octet = bytes[body++];
                length |= (octet & 0x7F) << shift;
                shift += 7;
                whole = octet >= 0;
            }
            if (shift == 28 && !whole || length > buffer.capacity() / 2) {
                throw new IOException("the server does not speak MQTT");
            }
            if (!whole || end - body < length) {
                break;
            }
            int type = (bytes[at] & 0xFF) >> 4;
            int value = length < 2 ? 0 : (bytes[body] & 0xFF) << 8 | (bytes[body + 1] & 0xFF);
            handler.packet(type, type == MqttPackets.CONNACK ? value & 0xFF : value);
            if (channel != open) {
                return;
            }
            at = body + length;
        }
        if (at < end) {
            unread = Arrays.copyOfRange(bytes, at, end);
        }
    }

    /** Keeps the connection alive; throws if it is not. */
    void tick(long nowNanos, WireBuffer scratch) throws IOException {
        if (state == State.CONNECTING || state == State.HANDSHAKE) {
            if (nowNanos - stateSinceNanos > CONNECT_TIMEOUT_NANOS) {
                throw new IOException("no answer to CONNECT within 10 s");
            }
        } else if (state == State.UP) {
            long silence = nowNanos - lastReadNanos;
            if (silence > DEAD_AFTER_NANOS) {
                throw new IOException("no answer to PINGREQ");
            }
            if (silence > PING_AFTER_NANOS && !pinged) {
                pinged = true;
                scratch.clear();
                MqttPackets.ping(scratch);
                write(scratch);
            }
        }
    }

    boolean isFlushed() {
        return unwritten == null;
    }

    private void interest(int operations) {
        SelectionKey registered = key;
        if (registered != null) {
            registered.interestOps(operations);
        }
    }

    void close() {
        SocketChannel open = channel;
        channel = null;
        key = null;
        unread = NOTHING;
        unwritten = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // Nothing depends on how a socket that is given up closes.
            }
        }
    }

    static byte[] statusTopic(String deviceId) {
        return ("devices/" + deviceId + "/status").getBytes(StandardCharsets.US_ASCII);
    }
}
