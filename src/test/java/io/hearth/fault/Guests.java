package io.hearth.fault;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.hearth.HearthClient;
import io.hearth.mqtt.endpoint.RawClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;

/** What guests do that want more than they may have. Each begins what goes on until the attack is over. */
final class Guests {
    /** Addresses of this machine that are not that of the good clients. */
    private static final String[] FROM = {"127.0.0.2", "127.0.0.3", "127.0.0.4"};

    private static final String BATCH = "/api/v1/readings:batch";
    private static final String NDJSON = "application/x-ndjson";

    private Guests() {}

    /** Connections to both listeners that say nothing, a thousand new ones a second. */
    static void connectAndSayNothing(Attack attack) {
        AtomicInteger count = new AtomicInteger();
        attack.repeat(1000, () -> {
            int number = count.getAndIncrement();
            attack.socket(FROM[number / 700 % 2], number % 2 == 0 ? attack.mqttPort() : attack.httpPort());
            attack.keepAtMost(1500);
        });
    }

    /** CONNECT packets that are whole but for their end. */
    static void connectAlmost(Attack attack) {
        byte[] connect = new byte[62_000];
        System.arraycopy(
                RawClient.bytes(0x10, 0x80, 0x80, 0x04, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0), 0, connect, 0, 14);
        connect[14] = (byte) 0xFF;
        connect[15] = (byte) 0xFF;
        attack.repeat(2000, () -> {
            attack.socket(FROM[0], attack.mqttPort()).getOutputStream().write(connect);
            attack.keepAtMost(450);
        });
    }

    /** Requests that begin and do not go on. */
    static void beginRequests(Attack attack) {
        attack.repeat(5000, () -> {
            attack.socket(FROM[0], attack.httpPort()).getOutputStream().write("GET /api".getBytes(UTF_8));
            attack.keepAtMost(450);
        });
    }

    /** Clients that sign in, from one address until it has all that it may have, then from another one. */
    static void signIn(Attack attack) {
        AtomicInteger accepted = new AtomicInteger();
        AtomicInteger from = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        for (int thread = 0; thread < 2; thread++) {
            attack.repeat(100, () -> {
                try {
                    attack.mqtt(FROM[from.get() % 2], "many-" + accepted.incrementAndGet());
                } catch (RuntimeException e) {
                    if (refused.incrementAndGet() % 20 == 0) {
                        from.incrementAndGet();
                    }
                    throw e;
                }
            });
        }
    }

    /** Wrong passwords over HTTP. */
    static void guessPasswords(Attack attack) {
        for (int thread = 0; thread < 10; thread++) {
            attack.repeat(1000, () -> {
                try (Socket socket = attack.socket("127.0.0.1", attack.httpPort())) {
                    socket.getOutputStream()
                            .write("GET /api/v1/devices HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer guess\r\n\r\n"
                                    .getBytes(UTF_8));
                    socket.getInputStream().read();
                }
            });
        }
    }

    /** Filters of 65,000 characters, eight and more of each client. */
    static void subscribeToMuch(Attack attack) {
        AtomicInteger clients = new AtomicInteger();
        attack.repeat(1000, () -> {
            int number = clients.getAndIncrement();
            RawClient client = attack.mqtt(FROM[0], "filters-" + number);
            for (int i = 0; i < 9; i++) {
                client.subscribed(number + "-" + i + "f".repeat(65_000), 0);
            }
            attack.keepAtMost(200);
        });
        attack.repeat(10_000, () -> attack.mqtt(FROM[0], "many-filters").send(subscribeTo(2000)));
    }

    private static byte[] subscribeTo(int filters) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(RawClient.bytes(0, 1));
        for (int i = 0; i < filters; i++) {
            byte[] filter = ("filter/" + i).getBytes(UTF_8);
            body.write(0);
            body.write(filter.length);
            body.writeBytes(filter);
            body.write(0);
        }
        return RawClient.packet(0x82, body.toByteArray());
    }

    /** Six subscribers that read nothing, and who sends each of them up to 30 MB a second. */
    static void subscribeAndReadNothing(Attack attack) {
        byte[] payload = new byte[60_000];
        for (int i = 0; i < 6; i++) {
            int number = i;
            attack.repeat(1000, () -> {
                Socket subscriber = attack.socket(FROM[0], attack.mqttPort());
                subscriber.getOutputStream().write(connect(attack, "slow-" + number, new byte[0]));
                subscriber.getOutputStream().write(subscribe("flood/" + number, number % 2));
                RawClient publisher = attack.mqtt(FROM[0], "flood-" + number);
                for (int message = 0; message < 500 && !attack.isOver(); message++) {
                    publisher.send(publisher.publish("flood/" + number, 2, 1, payload));
                    publisher.read();
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
                }
            });
        }
    }

    /** Retained messages of 60 KB: on topics of nobody, then on those of devices that have stored a reading. */
    static void retainMuch(Attack attack) {
        attack.repeat(0, () -> {
            StringBuilder devices = new StringBuilder();
            for (int i = 0; i < 150; i++) {
                devices.append(reading("retains-" + i, "\"n\":1"));
            }
            store(attack, devices.toString());
            RawClient client = attack.mqtt(FROM[0], "retains");
            for (int i = 0; i < 600 && !attack.isOver(); i++) {
                retain(client, "nobody/" + i);
            }
            for (int i = 0; i < 5 * 150 && !attack.isOver(); i++) {
                retain(client, "devices/retains-" + i % 150 + "/" + i);
            }
        });
    }

    private static void retain(RawClient client, String topic) {
        client.send(client.publish(topic, 3, 1, new byte[60_000]));
        client.read();
    }

    /** Clients with the largest last will. */
    static void leaveWills(Attack attack) {
        AtomicInteger count = new AtomicInteger();
        attack.repeat(500, () -> {
            int number = count.getAndIncrement();
            RawClient client = attack.keep(new RawClient(FROM[number % 2], attack.mqttPort()));
            client.send(connect(attack, "will-" + number, new byte[16_000]));
            client.read();
            attack.keepAtMost(1200);
        });
    }

    private static byte[] connect(Attack attack, String id, byte[] will) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        text(body, "MQTT".getBytes(UTF_8));
        body.writeBytes(RawClient.bytes(4, 0xC2 | (will.length > 0 ? 0x04 : 0), 0, 0));
        text(body, id.getBytes(UTF_8));
        if (will.length > 0) {
            text(body, "will".getBytes(UTF_8));
            text(body, will);
        }
        text(body, "user".getBytes(UTF_8));
        text(body, attack.password());
        return RawClient.packet(0x10, body.toByteArray());
    }

    private static byte[] subscribe(String filter, int qos) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(RawClient.bytes(0, 1));
        text(body, filter.getBytes(UTF_8));
        body.write(qos);
        return RawClient.packet(0x82, body.toByteArray());
    }

    private static void text(ByteArrayOutputStream out, byte[] text) {
        out.writeBytes(ByteBuffer.allocate(2).putShort((short) text.length).array());
        out.writeBytes(text);
    }

    /** Devices that nobody knows, and that say that they are online. */
    static void inventDevices(Attack attack) {
        AtomicInteger count = new AtomicInteger();
        attack.repeat(1000, () -> {
            RawClient client = attack.mqtt(FROM[0], "gateway");
            while (!attack.isOver()) {
                client.send(client.publish(
                        "devices/invented-" + count.incrementAndGet() + "/status", 0, 0, "online".getBytes(UTF_8)));
                if (count.get() % 100 == 0) {
                    client.send(client.publish("x", 2, 1, new byte[0]));
                    client.read();
                }
            }
        });
    }

    /** A device whose metrics have new names all the time. */
    static void inventMetrics(Attack attack) {
        AtomicInteger count = new AtomicInteger();
        attack.repeat(1000, () -> {
            String from = "invents" + count.incrementAndGet() + "_";
            attack.client().post(BATCH, NDJSON, reading("inventor", metrics(from, 1000)));
        });
    }

    /** More devices with many and long metrics than can be remembered, again and again. */
    static void sendFromManyDevices(Attack attack) {
        AtomicInteger count = new AtomicInteger();
        for (int thread = 0; thread < 2; thread++) {
            attack.repeat(1000, () -> {
                int number = count.getAndIncrement();
                store(attack, reading("wide-" + number / 2 % 80, metrics("n".repeat(110) + number % 2 + "_", 900)));
            });
        }
    }

    private static String metrics(String prefix, int count) {
        StringBuilder metrics = new StringBuilder();
        for (int i = 0; i < count; i++) {
            metrics.append(i == 0 ? "" : ",")
                    .append('"')
                    .append(prefix)
                    .append(i)
                    .append("\":")
                    .append(i);
        }
        return metrics.toString();
    }

    private static void store(Attack attack, String lines) throws IOException, InterruptedException {
        JsonNode answer = HearthClient.success(attack.client().post(BATCH, NDJSON, lines));
        assertThat(answer.path("rejected")).as("rejected").isEmpty();
    }

    private static String reading(String device, String values) {
        return "{\"device\":\"" + device + "\",\"ts\":" + System.currentTimeMillis() + ",\"values\":{" + values
                + "}}\n";
    }

    /** As many followers of the live stream as there may be, none of which reads, and large readings that all are to be told. */
    static void followAndReadNothing(Attack attack) {
        String texts = IntStream.range(0, 50)
                .mapToObj(i -> "\"text" + i + "\":\"" + "x".repeat(1000) + "\"")
                .collect(joining(","));
        AtomicInteger count = new AtomicInteger();
        attack.repeat(500, () -> {
            if (count.get() < 1100) {
                ask(attack, FROM[count.getAndIncrement() % 2], "/api/v1/stream", "");
            }
        });
        attack.repeat(50_000, () -> store(attack, reading("loud", texts)));
    }

    private static Socket ask(Attack attack, String from, String path, String more) throws IOException {
        Socket socket = attack.socket(from, attack.httpPort());
        socket.getOutputStream().write(request(attack, path, more));
        return socket;
    }

    private static byte[] request(Attack attack, String path, String more) {
        return ("GET " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + attack.token() + "\r\n" + more
                        + "\r\n")
                .getBytes(UTF_8);
    }

    /** Requests for large answers, one after the other, of which none is read. */
    static void askAndReadNothing(Attack attack) {
        byte[] request =
                request(attack, "/api/v1/devices/" + SteadyReader.DEVICE + "/readings?from=2020-01-01T00:00:00Z", "");
        for (int thread = 0; thread < 20; thread++) {
            attack.repeat(1000, () -> {
                Socket socket = attack.socket(FROM[0], attack.httpPort());
                while (!attack.isOver()) {
                    socket.getOutputStream().write(request);
                }
            });
        }
    }

    /** Queries that hold much, all at once. */
    static void queryMuch(Attack attack) throws Exception {
        long now = System.currentTimeMillis();
        StringBuilder lines = new StringBuilder();
        for (int device = 0; device < 440; device++) {
            for (int i = 0; i < 40; i++) {
                lines.append("{\"device\":\"queried-" + device + "\",\"ts\":" + (now - i * 290_000L)
                        + ",\"values\":{\"a\":" + i + "}}\n");
            }
        }
        store(attack, lines.toString());
        String path = "/prometheus/api/v1/query_range?query=" + URLEncoder.encode("sum by (device) (a)", UTF_8)
                + "&start=" + (now / 1000 - 10_900) + "&end=" + now / 1000 + "&step=1s";
        for (int thread = 0; thread < 30; thread++) {
            attack.repeat(1000, () -> {
                try (Socket socket = ask(attack, FROM[0], path, "Connection: close\r\n");
                        InputStream answer = socket.getInputStream()) {
                    answer.transferTo(OutputStream.nullOutputStream());
                }
            });
        }
    }

    /** Bodies that become a thousand times as large. */
    static void packMuch(Attack attack) throws IOException {
        byte[] packed = gzip(reading("packed", "\"n\":1").repeat(500_000).getBytes(UTF_8));
        for (int thread = 0; thread < 4; thread++) {
            HttpClient http = HttpClient.newHttpClient();
            attack.repeat(
                    1000,
                    () -> http.send(
                            attack.client()
                                    .request(BATCH)
                                    .header("Content-Type", NDJSON)
                                    .header("Content-Encoding", "gzip")
                                    .POST(BodyPublishers.ofByteArray(packed))
                                    .build(),
                            BodyHandlers.discarding()));
        }
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    /** Regions to pull from, whose answers have no end. */
    static void answerWithoutEnd(Attack attack) throws IOException {
        byte[] piece = "x".repeat(1 << 20).getBytes(UTF_8);
        HttpServer peer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        peer.setExecutor(Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "endless-peer");
            thread.setDaemon(true);
            return thread;
        }));
        peer.createContext("/", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(200, 0);
                while (!attack.isOver()) {
                    exchange.getResponseBody().write(piece);
                }
            }
        });
        peer.start();
        attack.atEnd(() -> peer.stop(0));
        AtomicInteger count = new AtomicInteger();
        attack.repeat(200_000, () -> {
            int number = count.getAndIncrement();
            String added = "/api/v1/sync/peers/endless-" + number;
            attack.keep(() -> attack.client().delete(added));
            HearthClient.success(attack.client()
                    .post(
                            "/api/v1/sync/peers",
                            "{\"id\":\"endless-" + number + "\",\"url\":\"http://127.0.0.1:"
                                    + peer.getAddress().getPort() + "\",\"token\":\"the-token-of-a-peer\"}"));
            attack.keepAtMost(6);
        });
    }
}
