package io.hearth.simulator.verify;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers range queries from lists that a test fills, right or wrong, in pages of three. */
final class FakeService implements Closeable {

    /** A reading in an answer. */
    record Row(long micros, Map<String, Object> values) {}

    static final int PAGE = 3;

    final Map<String, List<Row>> rows = new TreeMap<>();
    /** Answered with 503 before it becomes ready. */
    final AtomicInteger notReady = new AtomicInteger();

    private final Map<String, Runnable> late = new ConcurrentHashMap<>();

    private final HttpServer server;
    private final ObjectMapper json = new ObjectMapper();
    private final String token;

    FakeService(String token) throws IOException {
        this.token = token;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newFixedThreadPool(4, task -> {
            Thread thread = new Thread(task, "fake-service");
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext("/q/health/ready", exchange -> answer(exchange, unready() ? 503 : 200, "{}"));
        server.createContext("/api/v1/devices/", this::readings);
        server.start();
    }

    private boolean unready() {
        return notReady.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    void store(String deviceId, long micros, Map<String, Object> values) {
        rows.computeIfAbsent(deviceId, id -> new ArrayList<>()).add(new Row(micros, values));
    }

    /** The row joins the device's others once these have been answered to the end. */
    void appearAfterFirstAnswer(String deviceId, int at, Row row) {
        late.put(
                deviceId,
                () -> rows.computeIfAbsent(deviceId, id -> new ArrayList<>()).add(at, row));
    }

    private void readings(HttpExchange exchange) throws IOException {
        if (!("Bearer " + token).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            answer(exchange, 401, "{\"title\":\"Unauthorized\"}");
            return;
        }
        if (unready()) {
            answer(exchange, 503, "{}");
            return;
        }
        String deviceId = exchange.getRequestURI().getPath().split("/")[4];
        List<Row> all = rows.get(deviceId);
        if (all == null) {
            answer(exchange, 404, "{\"title\":\"Unknown device\"}");
            return;
        }
        String query = exchange.getRequestURI().getRawQuery();
        int at = query.indexOf("&cursor=");
        int from = at < 0 ? 0 : Integer.parseInt(query.substring(at + "&cursor=".length()));
        int to = Math.min(all.size(), from + PAGE);
        List<Object> page = new ArrayList<>();
        for (Row row : all.subList(from, to)) {
            page.add(Map.of(
                    "ts", Instant.EPOCH.plus(row.micros, ChronoUnit.MICROS).toString(), "values", row.values));
        }
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("device", deviceId);
        body.put("readings", page);
        body.put("nextCursor", to < all.size() ? Integer.toString(to) : null);
        if (to == all.size()) {
            Runnable appear = late.remove(deviceId);
            if (appear != null) {
                appear.run();
            }
        }
        answer(exchange, 200, json.writeValueAsString(body));
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
