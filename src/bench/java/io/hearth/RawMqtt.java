package io.hearth;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** An MQTT 3.1.1 client that costs next to nothing, so that a benchmark measures the other side. */
final class RawMqtt implements AutoCloseable {
    /** Hears what arrives, on the thread that reads. */
    interface Listener {
        /** A publish of QoS 1 was acknowledged. */
        default void acknowledged(int packetId) throws IOException {}

        default void published(String topic, byte[] payload) throws IOException {}
    }

    private static final int CONNACK = 2;
    private static final int PUBLISH = 3;
    private static final int PUBACK = 4;
    private static final int SUBACK = 9;

    private final Socket socket;
    private final DataInputStream in;
    private final BufferedOutputStream out;

    RawMqtt(int port, String clientId, String password) throws IOException {
        socket = new Socket("127.0.0.1", port);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
        out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
        ByteBuffer body = ByteBuffer.allocate(512);
        put(body, "MQTT");
        body.put((byte) 4).put((byte) 0xC2).putShort((short) 0);
        put(body, clientId);
        put(body, "bench");
        put(body, password);
        write(0x10, body);
        flush();
        expect(CONNACK);
    }

    /** Subscribes with QoS 1, and waits until that holds; before {@link #start}. */
    void subscribe(String filter) throws IOException {
        ByteBuffer body = ByteBuffer.allocate(512);
        body.putShort((short) 1);
        put(body, filter);
        body.put((byte) 1);
        write(0x82, body);
        flush();
        expect(SUBACK);
    }

    /** Begins to read. */
    void start(Listener listener) {
        Thread reader = new Thread(
                () -> {
                    try {
                        while (true) {
                            read(listener);
                        }
                    } catch (EOFException | SocketException closed) {
                        // That is how it ends.
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                "raw-mqtt");
        reader.setDaemon(true);
        reader.start();
    }

    /** Publishes with QoS 1; sent with the next {@link #flush}. */
    synchronized void publish(String topic, byte[] payload, int packetId) throws IOException {
        byte[] name = topic.getBytes(StandardCharsets.UTF_8);
        ByteBuffer body = ByteBuffer.allocate(4 + name.length + payload.length);
        body.putShort((short) name.length).put(name).putShort((short) packetId).put(payload);
        write(0x32, body);
    }

    synchronized void flush() throws IOException {
        out.flush();
    }

    private void read(Listener listener) throws IOException {
        if (in.available() == 0) {
            flush();
        }
        int first = in.readUnsignedByte();
        byte[] body = body();
        ByteBuffer packet = ByteBuffer.wrap(body);
        switch (first >>> 4) {
            case PUBACK -> listener.acknowledged(packet.getShort() & 0xFFFF);
            case PUBLISH -> {
                byte[] topic = new byte[packet.getShort() & 0xFFFF];
                packet.get(topic);
                if ((first & 6) != 0) {
                    short id = packet.getShort();
                    synchronized (this) {
                        write(0x40, ByteBuffer.allocate(2).putShort(id));
                    }
                }
                byte[] payload = new byte[packet.remaining()];
                packet.get(payload);
                listener.published(new String(topic, StandardCharsets.UTF_8), payload);
            }
            default -> throw new IOException("an unexpected packet: " + first);
        }
    }

    private void expect(int type) throws IOException {
        int first = in.readUnsignedByte();
        byte[] body = body();
        if (first >>> 4 != type || body[body.length - 1] > 2) {
            throw new IOException("refused: " + first + ", " + body[body.length - 1]);
        }
    }

    private byte[] body() throws IOException {
        int length = 0;
        int shift = 0;
        int digit;
        do {
            digit = in.readUnsignedByte();
            length |= (digit & 0x7F) << shift;
            shift += 7;
        } while (digit >= 0x80);
        return in.readNBytes(length);
    }

    private void write(int first, ByteBuffer body) throws IOException {
        out.write(first);
        int rest = body.position();
        do {
            int digit = rest & 0x7F;
            rest >>>= 7;
            out.write(rest > 0 ? digit | 0x80 : digit);
        } while (rest > 0);
        out.write(body.array(), 0, body.position());
    }

    private static void put(ByteBuffer body, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        body.putShort((short) bytes.length).put(bytes);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
