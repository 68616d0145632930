package io.hearth.mqtt.endpoint;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A client that sends the bytes it is told to, right or wrong, and shows what comes back. */
public final class RawClient implements AutoCloseable {
    public static final int CONNACK = 2;
    public static final int PUBLISH = 3;
    public static final int PUBACK = 4;
    public static final int PUBREC = 5;
    public static final int PUBCOMP = 7;
    public static final int SUBACK = 9;
    public static final int UNSUBACK = 11;
    public static final int PINGRESP = 13;
    public static final int DISCONNECT = 14;

    /** A packet from the server; {@code body} is what follows the fixed header. */
    public record Packet(int type, int flags, ByteBuffer body) {
        public int packetId() {
            return Short.toUnsignedInt(body.getShort(0));
        }

        /** The topic of a PUBLISH. */
        public String topic() {
            byte[] topic = new byte[body.getShort(0)];
            body.get(2, topic);
            return new String(topic, StandardCharsets.UTF_8);
        }

        /** What follows the topic, and with QoS above 0 the packet id, of an MQTT 3.1.1 PUBLISH. */
        public String payload() {
            int start = 2 + body.getShort(0) + ((flags & 6) != 0 ? 2 : 0);
            byte[] payload = new byte[body.limit() - start];
            body.get(start, payload);
            return new String(payload, StandardCharsets.UTF_8);
        }

        public int qos() {
            return flags >> 1 & 3;
        }

        public boolean retain() {
            return (flags & 1) != 0;
        }
    }

    /** What is special about a CONNECT. */
    public record Hello(
            int version,
            String clientId,
            String password,
            int keepAliveSeconds,
            String willTopic,
            boolean willRetained,
            byte[] properties) {
        public static Hello mqtt3(String clientId) {
            return new Hello(4, clientId, EndpointFixture.PASSWORD, 0, "", false, new byte[0]);
        }

        public static Hello mqtt5(String clientId) {
            return new Hello(5, clientId, EndpointFixture.PASSWORD, 0, "", false, new byte[0]);
        }

        public Hello keepAlive(int seconds) {
            return new Hello(version, clientId, password, seconds, willTopic, willRetained, properties);
        }

        /** With the last will "offline". */
        public Hello will(String topic) {
            return new Hello(version, clientId, password, keepAliveSeconds, topic, false, properties);
        }

        public Hello retainedWill(String topic) {
            return new Hello(version, clientId, password, keepAliveSeconds, topic, true, properties);
        }

        public Hello secret(String other) {
            return new Hello(version, clientId, other, keepAliveSeconds, willTopic, willRetained, properties);
        }

        public Hello properties(int... bytes) {
            return new Hello(
                    version, clientId, password, keepAliveSeconds, willTopic, willRetained, RawClient.bytes(bytes));
        }
    }

    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final OutputStream out;
    private final boolean mqtt5;

    RawClient(int port) {
        this("127.0.0.1", port, false);
    }

    /**
     * Connects from an address.
     *
     * @param from the address to connect from, one of this machine
     */
    public RawClient(String from, int port) {
        this(from, port, false);
    }

    private RawClient(String from, int port, boolean mqtt5) {
        this.mqtt5 = mqtt5;
        try {
            socket.setReceiveBufferSize(64 << 10);
            socket.setSendBufferSize(64 << 10);
            socket.bind(new InetSocketAddress(from, 0));
            socket.connect(new InetSocketAddress("127.0.0.1", port), 10_000);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(20_000);
            in = new DataInputStream(socket.getInputStream());
            out = socket.getOutputStream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Connects as {@code hello} says, and has read the CONNACK that accepts. */
    public static RawClient connected(int port, Hello hello) {
        return connected("127.0.0.1", port, hello);
    }

    /** As {@link #connected(int, Hello)}, from one of this machine's addresses. */
    public static RawClient connected(String from, int port, Hello hello) {
        RawClient client = new RawClient(from, port, hello.version() == 5);
        client.send(connect(hello));
        Packet connAck = client.read();
        if (connAck.type() != CONNACK || connAck.body().get(1) != 0) {
            throw new AssertionError("not accepted: " + connAck.body().get(1));
        }
        return client;
    }

    public static RawClient connected(int port, String clientId) {
        return connected(port, Hello.mqtt3(clientId));
    }

    public static byte[] connect(Hello hello) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(text("MQTT"));
        boolean withPassword = !hello.password().isEmpty();
        boolean withWill = !hello.willTopic().isEmpty();
        body.write(hello.version());
        body.write(0x02 | (withPassword ? 0xC0 : 0) | (withWill ? 0x04 : 0) | (hello.willRetained() ? 0x20 : 0));
        body.write(hello.keepAliveSeconds() >> 8);
        body.write(hello.keepAliveSeconds());
        if (hello.version() == 5) {
            body.write(hello.properties().length);
            body.writeBytes(hello.properties());
        }
        body.writeBytes(text(hello.clientId()));
        if (withWill) {
            if (hello.version() == 5) {
                body.write(0);
            }
            body.writeBytes(text(hello.willTopic()));
            body.writeBytes(text("offline"));
        }
        if (withPassword) {
            body.writeBytes(text("user"));
            body.writeBytes(text(hello.password()));
        }
        return packet(0x10, body.toByteArray());
    }

    public byte[] publish(String topic, int qos, int packetId, String payload) {
        return publish(topic, qos << 1, packetId, payload.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The bytes of a PUBLISH.
     *
     * @param flags the lower half of the first byte: 8 is DUP, 2 and 4 are the QoS, 1 is RETAIN
     */
    public byte[] publish(String topic, int flags, int packetId, byte[] payload) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(text(topic));
        if ((flags & 6) != 0) {
            body.write(packetId >> 8);
            body.write(packetId);
        }
        if (mqtt5) {
            body.write(0);
        }
        body.writeBytes(payload);
        return packet(0x30 | flags, body.toByteArray());
    }

    public byte[] subscribe(int packetId, String filter, int options) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(packetId >> 8);
        body.write(packetId);
        if (mqtt5) {
            body.write(0);
        }
        body.writeBytes(text(filter));
        body.write(options);
        return packet(0x82, body.toByteArray());
    }

    public static byte[] ack(int type, int packetId) {
        return packet(type << 4 | (type == 6 ? 2 : 0), new byte[] {(byte) (packetId >> 8), (byte) packetId});
    }

    public static byte[] packet(int first, byte[] body) {
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        packet.write(first);
        int rest = body.length;
        while (rest >= 0x80) {
            packet.write((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        packet.write(rest);
        packet.writeBytes(body);
        return packet.toByteArray();
    }

    public static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private static byte[] text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(2 + utf8.length)
                .putShort((short) utf8.length)
                .put(utf8)
                .array();
    }

    public RawClient send(byte[] bytes) {
        try {
            out.write(bytes);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Subscribes and returns what was granted. */
    public int subscribed(String filter, int options) {
        send(subscribe(1, filter, options));
        Packet subAck = read();
        if (subAck.type() != SUBACK) {
            throw new AssertionError("a SUBACK was expected: " + subAck.type());
        }
        return Byte.toUnsignedInt(subAck.body().get(subAck.body().limit() - 1));
    }

    /** The next packet; fails after 20 s. */
    public Packet read() {
        try {
            return readPacket();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Asks for an answer that comes at once, and fails if anything was sent before it. */
    public void expectNothingYet() {
        send(packet(0xC0, new byte[0]));
        Packet next = read();
        if (next.type() != PINGRESP) {
            throw new AssertionError("the server sent " + next);
        }
    }

    /** Reads up to the end of the connection; the last packet before it, empty if there was none. */
    public Optional<Packet> readToEnd() {
        Optional<Packet> last = Optional.empty();
        try {
            while (true) {
                last = Optional.of(readPacket());
            }
        } catch (EOFException | SocketException e) {
            return last;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Packet readPacket() throws IOException {
        int first = in.readUnsignedByte();
        int length = 0;
        int digit;
        int shift = 0;
        do {
            digit = in.readUnsignedByte();
            length |= (digit & 0x7F) << shift;
            shift += 7;
        } while ((digit & 0x80) != 0);
        return new Packet(first >> 4, first & 0xF, ByteBuffer.wrap(in.readNBytes(length)));
    }

    /** Ends the connection without a word. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
