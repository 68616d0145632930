package io.hearth.simulator.publish.raw;

import io.hearth.simulator.publish.WireBuffer;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One MQTT connection of a {@link ConnectionLoop}: its socket and the state it is in. All of them run on the loop's one
 * thread and share its buffers.
 */
public final class RawConnection {

    public enum State {
        /** Not connected; may connect again from {@link #retryAtNanos} on. */
        WAITING,
        CONNECTING,
        /** TLS is being negotiated. */
        SECURING,
        /** CONNECT is sent. */
        HANDSHAKE,
        UP,
        /** Lost for good, or ended. */
        CLOSED
    }

    public static final int KEEP_ALIVE_SECONDS = 60;
    private static final long PING_AFTER_NANOS = TimeUnit.SECONDS.toNanos(KEEP_ALIVE_SECONDS) / 2;
    private static final long DEAD_AFTER_NANOS = TimeUnit.SECONDS.toNanos(KEEP_ALIVE_SECONDS);
    private static final long CONNECT_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final byte[] NOTHING = {};

    final Session session;
    public State state = State.WAITING;
    public long retryAtNanos = System.nanoTime();
    /** When the attempt that is being made, or that succeeded last, began. */
    public long connectSinceNanos;

    boolean wasUp;
    /** Whether it stands in the loop's queue of connections with something to do. */
    boolean queued;

    private final @Nullable Tls tls;
    private Tls.@Nullable Codec codec;
    private @Nullable SocketChannel channel;
    private @Nullable SelectionKey key;
    private byte[] unread = NOTHING;
    private @Nullable ByteBuffer unwritten;
    private long lastReadNanos;
    private boolean pinged;
    private boolean needsCleanSession;

    /**
     * @param startsClean whether a first connection is made only to have the server forget an earlier run's packet ids;
     *     at QoS 2 it would otherwise take new messages for old ones
     */
    RawConnection(Session session, boolean startsClean, @Nullable Tls tls) {
        this.session = session;
        this.needsCleanSession = startsClean;
        this.tls = tls;
    }

    void connect(Selector selector, InetSocketAddress address, long nowNanos) throws IOException {
        state = State.CONNECTING;
        connectSinceNanos = nowNanos;
        SocketChannel opened = SocketChannel.open();
        channel = opened;
        opened.configureBlocking(false);
        opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
        boolean done = opened.connect(address);
        key = opened.register(selector, done ? 0 : SelectionKey.OP_CONNECT, this);
        if (done) {
            connected(nowNanos);
        }
    }

    /** The socket is connected, or throws why it is not. */
    void finishConnect(long nowNanos) throws IOException {
        if (channel != null && channel.finishConnect()) {
            connected(nowNanos);
        }
    }

    private void connected(long nowNanos) throws IOException {
        lastReadNanos = nowNanos;
        pinged = false;
        interest(SelectionKey.OP_READ);
        if (tls == null) {
            startHandshake();
            return;
        }
        state = State.SECURING;
        codec = tls.codec();
        WireBuffer hello = new WireBuffer(1024);
        codec.start(hello);
        writeSocket(hello);
    }

    private void startHandshake() throws IOException {
        state = State.HANDSHAKE;
        WireBuffer out = new WireBuffer(256);
        session.writeConnect(out, needsCleanSession);
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
        return true;
    }

    boolean canSend() {
        return state == State.UP && unwritten == null;
    }

    /** Sends, or keeps what the socket does not take and waits for it to become writable; then {@link #canSend} is false. */
    void write(WireBuffer out) throws IOException {
        Tls.Codec secured = codec;
        if (secured == null || out.length() == 0) {
            writeSocket(out);
            return;
        }
        WireBuffer encrypted = new WireBuffer(out.length() + 1024);
        secured.send(out, encrypted);
        writeSocket(encrypted);
    }

    private void writeSocket(WireBuffer out) throws IOException {
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

    /** What to do with a packet from the server; see {@link Session#packet}. */
    interface PacketHandler {
        void packet(RawConnection connection, int head, byte[] bytes, int at, int length, long nowNanos)
                throws IOException;
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
        int count = codec == null ? open.read(buffer) : readSecured(open, codec, buffer);
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
            handler.packet(this, bytes[at] & 0xFF, bytes, body, length, nowNanos);
            if (channel != open) {
                return;
            }
            at = body + length;
        }
        if (count < 0) {
            throw new EOFException("the server closed the connection");
        }
        if (at < end) {
            unread = Arrays.copyOfRange(bytes, at, end);
        }
    }

    private int readSecured(SocketChannel open, Tls.Codec secured, ByteBuffer plain) throws IOException {
        WireBuffer reply = new WireBuffer(64);
        int count = secured.receive(open, plain, reply);
        writeSocket(reply);
        if (state == State.SECURING && secured.isEstablished()) {
            startHandshake();
        }
        return count;
    }

    /** Keeps the connection alive; throws if it is not. */
    void tick(long nowNanos, WireBuffer scratch) throws IOException {
        switch (state) {
            case CONNECTING, SECURING, HANDSHAKE -> {
                if (nowNanos - connectSinceNanos > CONNECT_TIMEOUT_NANOS) {
                    throw new IOException("no answer to CONNECT within 10 s");
                }
            }
            case UP -> {
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
            case WAITING, CLOSED -> {
                // Nothing to keep alive.
            }
        }
    }

    boolean isFlushed() {
        return unwritten == null;
    }

    private void interest(int operations) {
        SelectionKey registered = key;
        if (registered != null && registered.isValid()) {
            registered.interestOps(operations);
        }
    }

    void close() {
        SocketChannel open = channel;
        channel = null;
        key = null;
        codec = null;
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
}
