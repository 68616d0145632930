package io.hearth.table.dynamodb;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.hearth.table.Bytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.CRC32;

/**
 * A server on a free port of loopback that speaks the DynamoDB API by asking another one: what the proxies of the tests have
 * in common.
 */
final class DynamoDbHttp implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();

    private static final String CONTENT_TYPE = "application/x-amz-json-1.0";
    private static final String ERROR_PREFIX = "com.amazonaws.dynamodb.v20120810#";

    static {
        // Answers are written in parts, which would wait for each other's acknowledgement; and a connection that is
        // closed for
        // being idle may be closed just when it is used again.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        System.setProperty("sun.net.httpserver.idleInterval", "3600");
        System.setProperty("sun.net.httpserver.maxIdleConnections", "1000");
    }

    /**
     * A request as it came.
     *
     * @param operation such as {@code PutItem}; empty if it names none
     */
    record Call(String operation, HttpExchange exchange, Bytes body) {
        JsonNode json() throws IOException {
            return JSON.readTree(body.array());
        }
    }

    /** What is answered. */
    record Answer(int status, Bytes body) {
        static Answer ok(JsonNode body) {
            return new Answer(200, bytes(body));
        }

        static Answer error(int status, String type, String message) {
            return new Answer(
                    status,
                    bytes(JSON.createObjectNode()
                            .put("__type", ERROR_PREFIX + type)
                            .put("message", message)));
        }

        JsonNode json() {
            try {
                return JSON.readTree(body.array());
            } catch (IOException e) {
                throw new IllegalStateException(new String(body.array(), UTF_8), e);
            }
        }
    }

    /** Answers calls; those that it does not answer lose their connection. */
    interface Handler {
        void handle(Call call) throws IOException, InterruptedException;
    }

    private final URI target;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "dynamodb-api");
        thread.setDaemon(true);
        return thread;
    });
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** @param target whom {@link #forward} asks */
    DynamoDbHttp(URI target, Handler handler) throws IOException {
        this.target = target;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> handle(exchange, handler));
        server.start();
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private static void handle(HttpExchange exchange, Handler handler) throws IOException {
        try (exchange) {
            String called = exchange.getRequestHeaders().getFirst("X-Amz-Target");
            String operation = called == null ? "" : called.substring(called.indexOf('.') + 1);
            handler.handle(new Call(
                    operation, exchange, Bytes.wrap(exchange.getRequestBody().readAllBytes())));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Passes a call on as it is. */
    Answer forward(Call call) throws IOException, InterruptedException {
        return forward(call, call.body());
    }

    /** Passes a call on with another body; its signature does not hold any more. */
    Answer forward(Call call, Bytes body) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(target).POST(BodyPublishers.ofByteArray(body.array()));
        for (String name : List.of("Authorization", "X-Amz-Date", "X-Amz-Target", "Content-Type")) {
            String value = call.exchange().getRequestHeaders().getFirst(name);
            if (value != null) {
                request.header(name, value);
            }
        }
        return send(request);
    }

    /** Asks with a signature that is none. */
    Answer ask(String operation, JsonNode body) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(target)
                .header("Authorization", "AWS4-HMAC-SHA256 Credential=test, SignedHeaders=host, Signature=none")
                .header("X-Amz-Date", "20261130T000000Z")
                .header("X-Amz-Target", "DynamoDB_20120810." + operation)
                .header("Content-Type", CONTENT_TYPE)
                .POST(BodyPublishers.ofByteArray(bytes(body).array())));
    }

    private Answer send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = client.send(request.build(), BodyHandlers.ofByteArray());
        return new Answer(response.statusCode(), Bytes.wrap(response.body()));
    }

    static void answer(Call call, Answer answer) throws IOException {
        CRC32 sum = new CRC32();
        byte[] body = answer.body.array();
        sum.update(body);
        HttpExchange exchange = call.exchange();
        exchange.getResponseHeaders().set("Content-Type", CONTENT_TYPE);
        exchange.getResponseHeaders().set("x-amz-crc32", Long.toString(sum.getValue()));
        exchange.sendResponseHeaders(answer.status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    static Bytes bytes(JsonNode json) {
        try {
            return Bytes.wrap(JSON.writeValueAsBytes(json));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
