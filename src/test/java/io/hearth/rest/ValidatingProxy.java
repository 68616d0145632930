package io.hearth.rest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.hearth.HearthProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Stands before a service and passes everything on, while it holds every request and every answer against the OpenAPI document. */
final class ValidatingProxy implements AutoCloseable {
    /** What belongs to a connection, and not to the message. */
    private static final Set<String> OF_A_CONNECTION =
            Set.of("connection", "host", "content-length", "transfer-encoding", "content-encoding", "expect", "date");

    private final ApiContract contract;
    private final int servicePort;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Exchange> exchanges = new ArrayList<>();

    /** A call that was passed on, and what of it is against the document. */
    record Exchange(String call, int status, List<String> problems) {}

    ValidatingProxy(HearthProcess service) throws IOException, InterruptedException {
        contract = new ApiContract(service.client().json("/q/openapi?format=json"));
        servicePort = service.httpUri().getPort();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::pass);
        server.start();
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** The calls since this was asked last. */
    List<Exchange> takeExchanges() {
        synchronized (exchanges) {
            List<Exchange> taken = List.copyOf(exchanges);
            exchanges.clear();
            return taken;
        }
    }

    private void pass(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        String target = exchange.getRequestURI().toString();
        String method = exchange.getRequestMethod();
        StringBuilder head = new StringBuilder(method + ' ' + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        exchange.getRequestHeaders().forEach((name, values) -> {
            if (!OF_A_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(
                        value -> head.append(name).append(": ").append(value).append("\r\n"));
            }
        });
        head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
        try (exchange;
                RawConnection service = new RawConnection(servicePort)) {
            RawConnection.Answer answer =
                    service.exchange(head.toString().getBytes(ISO_8859_1), body, method.equals("HEAD"));
            check(
                    new ApiContract.Request(
                            method, target, exchange.getRequestHeaders().getFirst("Content-Type"), body),
                    new ApiContract.Answer(answer.status(), answer.contentType(), answer.body()));
            answer.headers().forEach((name, value) -> {
                if (!OF_A_CONNECTION.contains(name)) {
                    exchange.getResponseHeaders().set(name, value);
                }
            });
            // A stream of events, which has no end, is ended where it begins.
            byte[] answered = answer.body() == null ? new byte[0] : answer.body();
            exchange.sendResponseHeaders(answer.status(), answered.length == 0 ? -1 : answered.length);
            exchange.getResponseBody().write(answered);
        }
    }

    private void check(ApiContract.Request request, ApiContract.Answer answer) {
        List<String> problems = new ArrayList<>(contract.problemsOf(request));
        problems.addAll(contract.problemsOf(request, answer));
        synchronized (exchanges) {
            exchanges.add(new Exchange(request.toString(), answer.status(), problems));
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
