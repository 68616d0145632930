package io.hearth.simulator.publish;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An MQTT server, 3.1.1 and 5, that misbehaves on order: it cuts each of its first connections after a number of
 * publishes, of which it acknowledges only some. Knows just what a publisher needs.
 */
final class ScriptedMqttServer implements Closeable {

    /** A PUBLISH as it arrived. */
    record Received(int connection, int packetId, boolean duplicate, String topic, String payload) {}

    final List<Received> received = new CopyOnWriteArrayList<>();
    final List<Boolean> cleanFlags = new CopyOnWriteArrayList<>();

    private final ServerSocket listener;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final int cuts;
    private final int publishesBeforeCut;
    private final int connackCode;
    private int connections;

    /** Acknowledges every second publish, and cuts the first {@code cuts} connections after so many publishes. */
    ScriptedMqttServer(int cuts, int publishesBeforeCut, int connackCode) throws IOException {
        this.cuts = cuts;
        this.publishesBeforeCut = publishesBeforeCut;
        this.connackCode = connackCode;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "scripted-mqtt-server");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (true) {
            try {
                Socket socket = listener.accept();
                sockets.add(socket);
                int number = connections++;
                start(() -> serve(socket, number));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket, int number) {
        try (socket) {
            converse(new DataInputStream(socket.getInputStream()), socket.getOutputStream(), number);
        } catch (EOFException | SocketException e) {
            // The client left.
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void converse(DataInputStream in, OutputStream out, int number) throws IOException {
        boolean version5 = false;
        boolean cutting = number < cuts;
        int publishes = 0;
        while (true) {
            int head = in.readUnsignedByte();
            byte[] body = new byte[readVarint(in)];
            in.readFully(body);
            switch (head >> 4) {
                case 1 -> {
                    version5 = body[6] == 5;
                    cleanFlags.add((body[7] & 2) != 0);
                    out.write(
                            version5
                                    ? new byte[] {0x20, 3, 0, (byte) connackCode, 0}
                                    : new byte[] {0x20, 2, 0, (byte) connackCode});
                }
                case 3 -> {
                    int qos = head >> 1 & 3;
                    int topicLength = (body[0] & 0xFF) << 8 | body[1] & 0xFF;
                    String topic = new String(body, 2, topicLength, StandardCharsets.UTF_8);
                    int at = 2 + topicLength;
                    if (topic.endsWith("/status")) {
                        continue;
                    }
                    int packetId = qos == 0 ? 0 : (body[at] & 0xFF) << 8 | body[at + 1] & 0xFF;
                    at += (qos == 0 ? 0 : 2) + (version5 ? 1 : 0);
                    String payload = new String(body, at, body.length - at, StandardCharsets.UTF_8);
                    received.add(new Received(number, packetId, (head & 8) != 0, topic, payload));
                    publishes++;
                    if (!cutting || publishes % 2 == 0) {
                        out.write(
                                new byte[] {(byte) (qos == 2 ? 0x50 : 0x40), 2, (byte) (packetId >> 8), (byte) packetId
                                });
                    }
                    if (cutting && publishes == publishesBeforeCut) {
                        return;
                    }
                }
                case 6 -> out.write(new byte[] {0x70, 2, body[0], body[1]});
                case 12 -> out.write(new byte[] {(byte) 0xD0, 0});
                case 14 -> {
                    return;
                }
                default -> throw new IOException("unexpected packet " + head);
            }
        }
    }

    private static int readVarint(DataInputStream in) throws IOException {
        int value = 0;
        for (int shift = 0; ; shift += 7) {
            int octet = in.readUnsignedByte();
            value |= (octet & 0x7F) << shift;
            if (octet < 0x80) {
                return value;
            }
        }
    }

    /** The publishes that arrived on this connection. */
    List<Received> on(int connection) {
        List<Received> chosen = new ArrayList<>(received);
        chosen.removeIf(one -> one.connection != connection);
        return chosen;
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
