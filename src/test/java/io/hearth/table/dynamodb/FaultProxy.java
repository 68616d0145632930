package io.hearth.table.dynamodb;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands before the DynamoDB API and answers some of the requests for data as DynamoDB does on a bad day. Requests about
 * tables pass untouched.
 */
public final class FaultProxy implements AutoCloseable {
    /** What may become of a request. */
    public enum Fault {
        /** Refused for load; nothing is done. */
        THROTTLE,
        /** Answered with an internal error; nothing is done. */
        ERROR_BEFORE,
        /** Done, and answered with an internal error. */
        ERROR_AFTER,
        /** Done, and the connection is closed without an answer. */
        NO_ANSWER,
        /** Done, and answered when nobody waits any more. */
        TIME_OUT,
        /** Done, and answered late. */
        SLOW,
        /** The first half of a batch is done, and the rest is handed back. */
        HALF_BATCH
    }

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> DATA =
            Set.of("BatchWriteItem", "PutItem", "DeleteItem", "GetItem", "Query", "Scan");
    private static final String TYPE = "com.amazonaws.dynamodb.v20120810#";
    private static final Duration SLOW = Duration.ofMillis(150);

    private final URI target;
    private final Duration timeOut;
    private final Random random;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Map<Fault, AtomicInteger> counts = new EnumMap<>(Fault.class);
    private volatile double share;
    private volatile boolean throttling;

    /** @param timeOut longer than clients wait for an answer */
    public FaultProxy(URI target, Duration timeOut, long seed) throws IOException {
        this.target = target;
        this.timeOut = timeOut;
        random = new Random(seed);
        for (Fault fault : Fault.values()) {
            counts.put(fault, new AtomicInteger());
        }
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** From now on this share of the requests for data meets a fault. */
    public void faults(double newShare) {
        share = newShare;
    }

    /** Whether from now on every request for data is refused for load. */
    public void throttleEverything(boolean on) {
        throttling = on;
    }

    public int count(Fault fault) {
        return counts.getOrDefault(fault, new AtomicInteger()).get();
    }

    @Override
    public String toString() {
        return counts.toString();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void handle(HttpExchange exchange) {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String called = exchange.getRequestHeaders().getFirst("X-Amz-Target");
            String operation = called == null ? "" : called.substring(called.indexOf('.') + 1);
            boolean ofData = called != null && called.startsWith("DynamoDB_") && DATA.contains(operation);
            if (ofData && throttling) {
                refuse(exchange, 400, "ProvisionedThroughputExceededException");
            } else if (ofData && isDue()) {
                fail(exchange, operation, body);
            } else {
                answer(exchange, forward(exchange, body));
            }
        } catch (IOException e) {
            // the client has gone
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean isDue() {
        return random.nextDouble() < share;
    }

    private synchronized Fault next(boolean ofBatch) {
        // Half of those of batches, as there are fewer of these.
        if (ofBatch && random.nextBoolean()) {
            return Fault.HALF_BATCH;
        }
        return Fault.values()[random.nextInt(Fault.HALF_BATCH.ordinal())];
    }

    private void fail(HttpExchange exchange, String operation, byte[] body) throws IOException, InterruptedException {
        Fault fault = next(operation.equals("BatchWriteItem"));
        counts.getOrDefault(fault, new AtomicInteger()).incrementAndGet();
        switch (fault) {
            case THROTTLE -> refuse(exchange, 400, "ProvisionedThroughputExceededException");
            case ERROR_BEFORE -> refuse(exchange, 500, "InternalServerError");
            case ERROR_AFTER -> {
                forward(exchange, body);
                refuse(exchange, 500, "InternalServerError");
            }
            case NO_ANSWER -> forward(exchange, body);
            case TIME_OUT -> {
                HttpResponse<byte[]> done = forward(exchange, body);
                TimeUnit.NANOSECONDS.sleep(timeOut.toNanos());
                answer(exchange, done);
            }
            case SLOW -> {
                HttpResponse<byte[]> done = forward(exchange, body);
                TimeUnit.NANOSECONDS.sleep(SLOW.toNanos());
                answer(exchange, done);
            }
            case HALF_BATCH -> halve(exchange, body);
        }
    }

    private static void refuse(HttpExchange exchange, int status, String type) throws IOException {
        byte[] body = ("{\"__type\":\"" + TYPE + type + "\",\"message\":\"a fault of the test\"}").getBytes(UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    private void halve(HttpExchange exchange, byte[] body) throws IOException, InterruptedException {
        ObjectNode request = (ObjectNode) JSON.readTree(body);
        Map.Entry<String, JsonNode> table =
                request.get("RequestItems").properties().iterator().next();
        ArrayNode done = JSON.createArrayNode();
        ArrayNode left = JSON.createArrayNode();
        for (JsonNode write : table.getValue()) {
            (done.size() < table.getValue().size() / 2 ? done : left).add(write);
        }
        ObjectNode answer = JSON.createObjectNode();
        if (!done.isEmpty()) {
            request.set("RequestItems", JSON.createObjectNode().set(table.getKey(), done));
            HttpResponse<byte[]> response = forward(exchange, JSON.writeValueAsBytes(request));
            if (response.statusCode() != 200) {
                answer(exchange, response);
                return;
            }
            answer = (ObjectNode) JSON.readTree(response.body());
        }
        answer.set("UnprocessedItems", JSON.createObjectNode().set(table.getKey(), left));
        byte[] bytes = JSON.writeValueAsBytes(answer);
        exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private HttpResponse<byte[]> forward(HttpExchange exchange, byte[] body) throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(target.resolve(exchange.getRequestURI())).POST(BodyPublishers.ofByteArray(body));
        for (String name : List.of("Authorization", "X-Amz-Date", "X-Amz-Target", "Content-Type")) {
            String value = exchange.getRequestHeaders().getFirst(name);
            if (value != null) {
                request.header(name, value);
            }
        }
        return client.send(request.build(), BodyHandlers.ofByteArray());
    }

    private static void answer(HttpExchange exchange, HttpResponse<byte[]> response) throws IOException {
        response.headers()
                .firstValue("Content-Type")
                .ifPresent(type -> exchange.getResponseHeaders().set("Content-Type", type));
        exchange.sendResponseHeaders(response.statusCode(), response.body().length == 0 ? -1 : response.body().length);
        exchange.getResponseBody().write(response.body());
    }
}
