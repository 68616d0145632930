package io.hearth.upgrade;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;

/** A region as far as a peer sees it: answers what another build answered, or would. */
final class ScriptedPeer implements AutoCloseable {
    private static final String SNAPSHOT = "/api/v1/sync/snapshot";
    private static final String CHANGES = "/api/v1/sync/changes";
    private static final String UNKNOWN = """
            {"v":2,"kind":"runs","count":1,"crc":0,"data":"AA=="}
            {"v":1,"kind":"song","device":"kitchen","title":"unknown to this build"}
            """;

    private static final Pattern CLOCK = Pattern.compile("\"clock\":\\d+");

    private final HttpServer server;

    /** @param answers by path and, for pages of the snapshot, {@code ?segment=} and its number */
    private ScriptedPeer(Map<String, String> answers) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext(SNAPSHOT, exchange -> {
            String query = String.valueOf(exchange.getRequestURI().getQuery());
            String page = query.contains("segment=") ? query.replaceAll(".*segment=(\\d+).*", "?segment=$1") : "";
            answer(exchange, answers.getOrDefault(SNAPSHOT + page, next("")));
        });
        server.createContext(CHANGES, exchange -> {
            boolean isLast = exchange.getRequestURI().getQuery().contains("after=end&");
            answer(
                    exchange,
                    isLast ? next("\"after\":\"end\",") : answers.getOrDefault(CHANGES, next("\"after\":\"end\",")));
        });
        server.start();
    }

    /** A region of a later version that has nothing but two changes of forms that nobody knows yet. */
    static ScriptedPeer ofALaterVersion() throws IOException {
        return new ScriptedPeer(Map.of(
                SNAPSHOT,
                "{\"region\":\"later\",\"changes\":\"begin\",\"segments\":1}",
                CHANGES,
                UNKNOWN + next("\"after\":\"end\",")));
    }

    /** A region that says what an earlier build said, by the clock of now. */
    static ScriptedPeer replaying(Path wire) throws IOException {
        Map<String, String> answers = new HashMap<>();
        for (JsonNode entry :
                new ObjectMapper().readTree(wire.resolve("index.json").toFile())) {
            String path = entry.path("path").asText().replaceAll("\\?segment=(\\d+).*", "?segment=$1");
            String lines = Files.readString(wire.resolve(entry.path("file").asText()));
            answers.putIfAbsent(path.replaceAll("^(" + CHANGES + ")\\?.*", "$1"), lines);
        }
        answers.computeIfPresent(
                CHANGES, (path, lines) -> lines.replaceAll("\"after\":\"[^\"]*\"", "\"after\":\"end\""));
        return new ScriptedPeer(answers);
    }

    private static String next(String after) {
        return "{\"v\":1,\"kind\":\"next\"," + after + "\"more\":false,\"behind\":0,\"clock\":0}\n";
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private static void answer(HttpExchange exchange, String body) throws IOException {
        byte[] bytes = CLOCK.matcher(body)
                .replaceAll("\"clock\":" + System.currentTimeMillis())
                .getBytes(UTF_8);
        exchange.sendResponseHeaders(200, bytes.length);
        try (exchange) {
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
