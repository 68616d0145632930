package io.hearth.fault;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.Fleet;
import io.hearth.HearthProcess;
import io.hearth.LoadedService;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A heap of 512 MiB and default bounds under what hostile clients send at once, over HTTP and MQTT: the service stays up, serves
 * a well-behaved fleet meanwhile, and what it had acknowledged to that is there.
 */
@Tag("alone")
class MemoryIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration HOSTILITY = Duration.ofSeconds(8);
    private static final int CLIENTS_OF_A_KIND = 30;

    /** To find out what a smaller heap does: {@code -DMemoryIT.heap=128m}. */
    private static final String HEAP = System.getProperty("MemoryIT.heap", "512m");

    @TempDir
    Path directory;

    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong publishedBytes = new AtomicLong();

    @Test
    void hostileLoad_isBoundedInMemory_andTheFleetIsServed() throws Exception {
        try (LoadedService loaded = LoadedService.start(
                directory,
                Map.of(
                        "JAVA_TOOL_OPTIONS", "-XX:+ExitOnOutOfMemoryError -Xmx" + HEAP,
                        "HEARTH_TABLE_BLOCK_CACHE", "16M",
                        "HEARTH_TABLE_WRITE_BUFFER", "8M"),
                Fleet.of(20, 300))) {
            HearthProcess hearth = loaded.process();
            Fleet fleet = loaded.fleet();
            fleet.awaitAcknowledged(200);
            String token = hearth.adminToken();
            List<CompletableFuture<Void>> hostile = new ArrayList<>();
            for (int i = 0; i < CLIENTS_OF_A_KIND; i++) {
                int number = i;
                hostile.add(CompletableFuture.runAsync(
                        () -> postMuch(token, hearth, number), task -> new Thread(task).start()));
                hostile.add(CompletableFuture.runAsync(
                        () -> publishMuch(hearth, number), task -> new Thread(task).start()));
            }
            Instant end = Instant.now().plus(HOSTILITY);
            await().atMost(PATIENCE)
                    .until(() -> !hearth.isRunning()
                            || (Instant.now().isAfter(end)
                                    && answered.get() > CLIENTS_OF_A_KIND
                                    && publishedBytes.get() > (128L << 20)));
            assertThat(hearth.isRunning()).as(hearth.log()).isTrue();
            fleet.awaitAcknowledged(50);
            over.set(true);
            hostile.forEach(CompletableFuture::join);
            await().atMost(PATIENCE).until(() -> hearth.client().ready() == 200);
            long acknowledged = loaded.assertNothingLost();
            System.out.printf(
                    "MemoryIT: %s of heap, %d clients of each kind: %d batches of 2 MB answered, %d MB published, the"
                            + " fleet's %d readings are stored once%n",
                    HEAP, CLIENTS_OF_A_KIND, answered.get(), publishedBytes.get() >> 20, acknowledged);
        } finally {
            over.set(true);
        }
    }

    /** Large batches of readings with ever new metrics, as fast as they are answered. */
    private void postMuch(String token, HearthProcess hearth, int number) {
        HttpClient client = HttpClient.newHttpClient();
        int round = 0;
        while (!over.get()) {
            StringBuilder body = new StringBuilder();
            for (int i = 0; i < 8_000; i++) {
                body.append("{\"device\":\"hostile-").append(number).append('-').append(i % 50);
                body.append("\",\"ts\":").append(System.currentTimeMillis() - i);
                body.append(",\"values\":{\"m")
                        .append(round++ % 200)
                        .append("\":\"")
                        .append("x".repeat(200))
                        .append("\"}}\n");
            }
            HttpRequest request = HttpRequest.newBuilder(hearth.httpUri().resolve("/api/v1/readings:batch"))
                    .header("Authorization", "Bearer " + token)
                    .header("Content-Type", "application/x-ndjson")
                    .timeout(Duration.ofSeconds(20))
                    .POST(BodyPublishers.ofString(body.toString()))
                    .build();
            try {
                if (client.send(request, BodyHandlers.discarding()).statusCode() == 200) {
                    answered.incrementAndGet();
                }
            } catch (IOException e) {
                Thread.onSpinWait(); // refused, cut off, or gone: that is the service's right
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** The largest payloads, without ever reading an answer. */
    private void publishMuch(HearthProcess hearth, int number) {
        byte[] connect = connect(number, hearth.devicePassword());
        byte[] publish = publish(number);
        while (!over.get()) {
            try (Socket socket = new Socket("127.0.0.1", hearth.mqttPort())) {
                Thread closer = new Thread(() -> {
                    while (!over.get() && !socket.isClosed()) {
                        Thread.onSpinWait();
                        LockSupport.parkNanos(50_000_000);
                    }
                    try {
                        socket.close(); // a writer that is blocked by back-pressure ends with this
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
                closer.setDaemon(true);
                closer.start();
                OutputStream out = socket.getOutputStream();
                out.write(connect);
                while (!over.get()) {
                    out.write(publish);
                    publishedBytes.addAndGet(publish.length);
                }
            } catch (IOException e) {
                Thread.onSpinWait(); // cut off, or gone
            }
        }
    }

    private static byte[] connect(int number, String password) {
        byte[] id = ("hostile-" + number).getBytes(UTF_8);
        byte[] secret = password.getBytes(UTF_8);
        ByteBuffer body = ByteBuffer.allocate(10 + 2 + id.length + 2 + 1 + 2 + secret.length);
        body.putShort((short) 4)
                .put("MQTT".getBytes(UTF_8))
                .put((byte) 4)
                .put((byte) 0xC2)
                .putShort((short) 60);
        body.putShort((short) id.length).put(id);
        body.putShort((short) 1).put((byte) 'x');
        body.putShort((short) secret.length).put(secret);
        return packet(0x10, body.array());
    }

    private static byte[] publish(int number) {
        byte[] topic = ("devices/hostile-" + number + "/telemetry").getBytes(UTF_8);
        byte[] payload = ("{\"s\":\"" + "y".repeat(250_000) + "\"}").getBytes(UTF_8);
        ByteBuffer body = ByteBuffer.allocate(2 + topic.length + 2 + payload.length);
        body.putShort((short) topic.length).put(topic).putShort((short) 1).put(payload);
        return packet(0x32, body.array());
    }

    private static byte[] packet(int type, byte[] body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(type);
        int rest = body.length;
        do {
            out.write(rest % 128 | (rest >= 128 ? 0x80 : 0));
            rest /= 128;
        } while (rest > 0);
        out.writeBytes(body);
        return out.toByteArray();
    }
}
