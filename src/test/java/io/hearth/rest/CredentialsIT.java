package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.hearth.HearthProcess;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every operation of the OpenAPI document, and the paths outside of it, asked without credentials, with wrong ones, with parts of the
 * right ones and with those of something else: refused alike, with nothing changed and nothing said of what is stored.
 */
class CredentialsIT extends RestFixture {
    private static final String SYNC_TOKEN = "what-peers-of-this-region-show";

    /** A device that is stored, and what the right answers say of it and no refusal may. */
    private static final String KEPT = "kept-device";

    private static final String KEPT_VALUE = "424242";

    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE");

    /** Answered to everybody who reads, as clients of InfluxDB ask before they write; says nothing of what is stored. */
    private static final Set<String> FOR_EVERYBODY = Set.of("/ping", "/health");

    /** What the token of peers reads. */
    private static Set<String> forPeers = Set.of();

    /** Paths that the document does not have: those of the framework, those that nothing answers. */
    private static final List<String> OUTSIDE = List.of(
            "/",
            "/nothing",
            "/api/v1/nothing",
            "/query",
            "/q",
            "/q/",
            "/q/nothing",
            "/q/metrics",
            "/q/openapi",
            "/q/swagger-ui",
            "/q/swagger-ui/",
            "/q/swagger-ui/index.html",
            "/q/health",
            "/q/health/live",
            "/q/health/ready",
            "/q/health/well",
            "/q/health/started",
            "/q/health-ui",
            "/q/dev-ui");

    private static String admin = "";
    private static String devicePassword = "";
    private static JsonNode api = JSON.createObjectNode();
    private static String deadLetter = "";

    /** One request that the document describes; the path has its parameters filled in. */
    private record Operation(String method, String path, String template, String contentType, String body) {
        @Override
        public String toString() {
            return method + " " + template;
        }
    }

    /** Credentials as a client shows them: any number of headers, and what is put behind a path. */
    private record Shown(String what, List<String> authorizations, Map<String, String> headers, String query) {
        static Shown of(String what, String... authorizations) {
            return new Shown(what, List.of(authorizations), Map.of(), "");
        }
    }

    @BeforeAll
    static void start() {
        hearth = HearthProcess.start(Map.of("HEARTH_LIMITS_SIGN_IN_DELAY", "0s", "HEARTH_SYNC_TOKEN", SYNC_TOKEN));
        admin = hearth.adminToken();
        devicePassword = hearth.devicePassword();
    }

    @BeforeAll
    static void readRights() throws IOException {
        forPeers = RightsTable.read().pathsWith("peer");
    }

    @BeforeAll
    static void store() throws Exception {
        api = json(get("/q/openapi?format=json"), 200);
        json(batch(line(KEPT, START, "\"secret\":" + KEPT_VALUE)), 200);
        json(post("/things/" + KEPT + "/shadow", "{\"state\":{\"desired\":{\"secret\":" + KEPT_VALUE + "}}}"), 200);
        json(post("/things/" + KEPT + "/shadow?name=night", "{\"state\":{\"desired\":{\"on\":true}}}"), 200);
        assertThat(post("/api/v1/sync/peers", "{\"id\":\"elsewhere\",\"url\":\"http://127.0.0.1:9\"}")
                        .statusCode())
                .isEqualTo(201);
        assertThat(publish(devicePassword, "devices/" + KEPT + "/telemetry", "no reading, but " + KEPT_VALUE))
                .isTrue();
        deadLetter =
                json(get("/api/v1/dead-letters"), 200).at("/deadLetters/0/id").asText();
        assertThat(deadLetter).isNotEmpty();
    }

    @Test
    void tableOfRights_hasEveryOperationOfTheDocument_andNoOther() throws Exception {
        Map<String, String> table = RightsTable.read().rights();
        Map<String, JsonNode> described = new TreeMap<>();
        api.at("/paths")
                .properties()
                .forEach(path -> path.getValue()
                        .properties()
                        .forEach(operation -> described.put(
                                operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey(),
                                operation.getValue())));

        assertThat(table.keySet()).isEqualTo(described.keySet());
        assertThat(forPeers).hasSize(5);
        table.forEach((operation, right) -> {
            JsonNode security = Objects.requireNonNull(described.get(operation)).get("security");
            assertThat(security != null && security.isEmpty()).as(operation).isEqualTo(right.equals("everybody"));
        });
    }

    @Test
    void everyOperation_withoutTheRightCredentials_isRefused_andChangesNothing() throws Exception {
        List<Operation> operations = operations();
        assertThat(operations).hasSizeGreaterThan(60);
        String before = stored();

        for (Operation operation : operations) {
            for (Shown shown : wrongFor(operation.method(), operation.template())) {
                assertRefused(operation, shown);
            }
        }

        assertThat(stored()).isEqualTo(before);
        assertThat(text(get("/q/metrics"))).containsPattern("hearth_http_unauthorized_total [1-9]");
        // Those were requests that are answered, and not refused for another reason: the same with the right token.
        for (Operation operation : operations) {
            int status = statusOf(request(operation, Shown.of("the admin token", "Bearer " + admin)));
            assertThat(status).as(operation.toString()).isNotIn(401, 403, 405, 415);
            // Of two that erase the same, the second finds nothing.
            assertThat(status == 404 && !operation.method().equals("DELETE"))
                    .as("%s is not there", operation)
                    .isFalse();
        }
    }

    /** Over HTTP/2, which the client asks for, a body would be an error of the protocol. */
    @Test
    void head_thatNoResourceAnswers_hasNoBody() throws Exception {
        for (String path : List.of(
                "/nowhere",
                "/api/v1/devices",
                "/health",
                "/q/health/live",
                "/q/metrics",
                "/things/d1/shadow",
                "/api/v1/devices/d1/readings:nothing")) {
            URI uri = hearth.httpUri().resolve(path);
            send(HttpRequest.newBuilder(uri)); // asks for HTTP/2
            for (String token : List.of("", "Bearer " + hearth.adminToken())) {
                if (path.startsWith("/q/") && !token.isEmpty()) {
                    continue; // Quarkus answers it
                }
                HttpRequest.Builder request = HttpRequest.newBuilder(uri).method("HEAD", BodyPublishers.noBody());
                if (!token.isEmpty()) {
                    request.header("Authorization", token);
                }
                HttpResponse<byte[]> response = send(request);
                assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
                assertThat(response.body()).as(path).isEmpty();
            }
        }
    }

    /** Also methods that a path does not have, and paths that there are none of: the verdict says nothing of what there is. */
    @Test
    void everyOtherMethodAndPath_isRefusedAlike() throws Exception {
        Set<String> templates = new LinkedHashSet<>(OUTSIDE);
        api.at("/paths").fieldNames().forEachRemaining(templates::add);
        for (String template : templates) {
            for (String method : METHODS) {
                Operation operation = new Operation(method, filled(template), template, "", "");
                assertRefused(operation, Shown.of("nothing"));
                assertRefused(operation, Shown.of("a wrong token", "Bearer wrong"));
            }
        }
    }

    @Test
    void tokenOfPeers_readsWhatSyncNeeds_andNothingElse() throws Exception {
        for (String template : forPeers) {
            Operation operation = new Operation("GET", filled(template), template, "", "");
            assertThat(statusOf(request(operation, Shown.of("the sync token", "Bearer " + SYNC_TOKEN))))
                    .as(template)
                    .isNotIn(401, 403);
            for (Shown part : partsOf("the sync token", SYNC_TOKEN)) {
                assertRefused(operation, part);
            }
            for (String method : List.of("POST", "PUT", "PATCH", "DELETE", "OPTIONS")) {
                assertRefused(
                        new Operation(method, filled(template), template, "", ""),
                        Shown.of("the sync token", "Bearer " + SYNC_TOKEN));
            }
        }
        // What such a path looks like, and is not.
        for (String path : List.of(
                "/api/v1/sync/changes/",
                "/api/v1/sync/changes/x",
                "/api/v1/sync/changes;x/../../devices",
                "/api/v1/sync/changes/../peers",
                "/api/v1/sync/changes%2F..%2Fpeers",
                "/api/v1/sync/%63hanges/%2e%2e/status",
                "/API/V1/SYNC/CHANGES")) {
            String answer = raw("GET " + path, "Authorization: Bearer " + SYNC_TOKEN);
            assertThat(answer).as(path).containsPattern("^HTTP/1.1 (400|401) ").doesNotContain("elsewhere");
        }
    }

    @Test
    void connect_withoutTheRightPassword_isRefused_andStoresNothing() throws Exception {
        String before = stored();
        List<String> wrong = new ArrayList<>(List.of("wrong", admin, SYNC_TOKEN, devicePassword + "\0"));
        partsOf(devicePassword).forEach(wrong::add);

        for (int version : List.of(4, 5)) {
            int badCredentials = version == 4 ? 4 : 0x86;
            int noCredentials = version == 4 ? 5 : 0x87;
            assertThat(connAck(version, "any", devicePassword)).isZero();
            assertThat(connAck(version, null, null)).isEqualTo(noCredentials);
            assertThat(connAck(version, devicePassword, null)).isIn(badCredentials, noCredentials);
            for (String password : wrong) {
                int expected = connAck(version, "any", password);
                assertThat(expected).as("version %d, '%s'", version, password).isIn(badCredentials, noCredentials);
                // The password as the name is none.
                assertThat(connAck(version, devicePassword, password)).isIn(badCredentials, noCredentials);
            }
        }
        // A client that sends on without waiting for its refusal.
        assertThat(publish("wrong", "devices/" + KEPT + "/telemetry", "{\"intruded\":1}"))
                .isFalse();
        assertThat(publish("wrong", "devices/intruder/telemetry", "{\"intruded\":1}"))
                .isFalse();

        assertThat(stored()).isEqualTo(before);
        assertThat(text(get("/q/metrics"))).contains("hearth_mqtt_connections_refused_total{reason=\"credentials\"}");
    }

    private static void assertRefused(Operation operation, Shown shown) throws Exception {
        boolean reading = operation.method().equals("GET") || operation.method().equals("HEAD");
        HttpResponse<byte[]> response = send(request(operation, shown));
        String body = text(response);
        String context = operation + " with " + shown.what() + ": " + body;
        assertThat(body).as(context).doesNotContain(KEPT, KEPT_VALUE, "elsewhere", admin, devicePassword, SYNC_TOKEN);
        String template = operation.template();
        if (reading && FOR_EVERYBODY.contains(template)) {
            assertThat(response.statusCode()).as(context).isBetween(200, 204);
        } else if (reading
                && (template.equals("/q/health/live") || template.equals("/q/health/ready"))
                && shown.authorizations().isEmpty()) {
            assertThat(response.statusCode()).as(context).isEqualTo(200);
            assertThat(body).as(context).matches("|\\{\"status\":\"UP\"}");
        } else if (template.contains("/things/")) {
            // As AWS refuses what is not signed, and what is not signed right.
            boolean signed = !shown.authorizations().isEmpty();
            assertThat(response.statusCode()).as(context).isEqualTo(signed ? 403 : 401);
            assertThat(response.headers().firstValue("x-amzn-ErrorType"))
                    .as(context)
                    .contains(signed ? "ForbiddenException" : "UnauthorizedException");
            assertThat(body)
                    .as(context)
                    .matches("|\\{\"code\":(401,\"message\":\"Unauthorized|403,\"message\":\"Forbidden)\",.*");
        } else {
            assertThat(response.statusCode()).as(context).isEqualTo(401);
            assertThat(response.headers().allValues("WWW-Authenticate")).contains("Bearer realm=\"hearth\"");
            if (!operation.method().equals("HEAD")) {
                problem(response, 401, "unauthorized");
            }
        }
    }

    /** Credentials that are not the right ones for an operation. */
    private static List<Shown> wrongFor(String method, String template) {
        List<Shown> wrong = new ArrayList<>();
        wrong.add(Shown.of("nothing"));
        wrong.add(Shown.of("an empty header", ""));
        wrong.add(Shown.of("a scheme alone", "Bearer"));
        wrong.add(Shown.of("another token", "Bearer wrong"));
        wrong.add(Shown.of("the token without a scheme", admin));
        wrong.add(Shown.of("the token under a scheme that there is none of", "Digest " + admin));
        wrong.addAll(partsOf("the admin token", admin));
        wrong.add(Shown.of("the device password", "Bearer " + devicePassword));
        wrong.add(Shown.of("the device password, Basic", basic("device", devicePassword)));
        wrong.add(Shown.of("the token as a user name", basic(admin, "")));
        wrong.add(Shown.of("Basic without a colon", "Basic " + base64(admin)));
        wrong.add(Shown.of("Basic that is no Base64", "Basic !" + base64("x:" + admin)));
        wrong.add(Shown.of("a part of the token, Basic", basic("x", admin.substring(1))));
        wrong.add(Shown.of("the right header and a wrong one", "Bearer " + admin, "Bearer wrong"));
        wrong.add(Shown.of("a wrong header and the right one", "Bearer wrong", "Bearer " + admin));
        wrong.add(Shown.of("the right header twice", "Bearer " + admin, "Bearer " + admin));
        wrong.add(Shown.of("two tokens in a header", "Bearer " + admin + ", Bearer wrong"));
        wrong.add(Shown.of("a signature of nothing", "AWS4-HMAC-SHA256 Credential=x"));
        wrong.add(new Shown("a parameter", List.of(), Map.of(), "?token=" + admin + "&p=" + admin + "&u=x"));
        wrong.add(new Shown(
                "headers of others",
                List.of(),
                Map.of(
                        "X-API-Key",
                        admin,
                        "Proxy-Authorization",
                        "Bearer " + admin,
                        "Cookie",
                        "token=" + admin,
                        "X-Forwarded-For",
                        "127.0.0.1",
                        "X-Original-URL",
                        "/health",
                        "X-HTTP-Method-Override",
                        "GET"),
                ""));
        boolean reading = method.equals("GET") || method.equals("HEAD");
        if (!(reading && forPeers.contains(template))) {
            wrong.add(Shown.of("the sync token", "Bearer " + SYNC_TOKEN));
        }
        // Whoever is asked for a password by a browser, or has a client of InfluxDB or Prometheus, may send the token
        // as one.
        boolean influx = Set.of("/write", "/query", "/api/v2/write").contains(template);
        boolean withPassword = template.startsWith("/prometheus/") || template.startsWith("/q/");
        if (!withPassword && !(influx && !template.equals("/api/v2/write"))) {
            wrong.add(Shown.of("the token as a password", basic("x", admin)));
        }
        if (!influx) {
            wrong.add(Shown.of("the token in a scheme of InfluxDB", "Token " + admin));
        }
        return wrong;
    }

    private static List<Shown> partsOf(String what, String secret) {
        return partsOf(secret).stream()
                .map(part -> Shown.of("a part of " + what, "Bearer " + part))
                .toList();
    }

    private static List<String> partsOf(String secret) {
        int length = secret.length();
        StringBuilder otherCase = new StringBuilder();
        secret.chars()
                .map(c -> Character.isUpperCase(c) ? Character.toLowerCase(c) : Character.toUpperCase(c))
                .forEach(c -> otherCase.append((char) c));
        return List.of(
                "",
                secret.substring(0, 1),
                secret.substring(0, length / 2),
                secret.substring(length / 2),
                secret.substring(0, length - 1),
                secret.substring(1),
                secret + "x",
                secret + secret,
                otherCase.toString());
    }

    private static HttpRequest.Builder request(Operation operation, Shown shown) {
        HttpRequest.Builder request = HttpRequest.newBuilder(hearth.httpUri().resolve(operation.path() + shown.query()))
                .method(
                        operation.method(),
                        operation.body().isEmpty()
                                ? BodyPublishers.noBody()
                                : BodyPublishers.ofString(operation.body()));
        if (!operation.contentType().isEmpty()) {
            request.header("Content-Type", operation.contentType());
        }
        shown.authorizations().forEach(authorization -> request.header("Authorization", authorization));
        shown.headers().forEach(request::header);
        return request;
    }

    /** The status alone: some answers go on for as long as somebody listens. */
    private static int statusOf(HttpRequest.Builder request) throws Exception {
        var response = CLIENT.send(request.timeout(Duration.ofSeconds(60)).build(), BodyHandlers.ofInputStream());
        response.body().close();
        return response.statusCode();
    }

    /** Every operation of the document, those that erase last, with a body that would be taken. */
    private static List<Operation> operations() {
        List<Operation> operations = new ArrayList<>();
        api.at("/paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(operation -> {
                    JsonNode contents = operation.getValue().at("/requestBody/content");
                    String contentType =
                            contents.isEmpty() ? "" : contents.fieldNames().next();
                    operations.add(new Operation(
                            operation.getKey().toUpperCase(Locale.ROOT),
                            filled(path.getKey()),
                            path.getKey(),
                            contentType,
                            contentType.isEmpty() ? "" : body(path.getKey(), contentType)));
                }));
        operations.sort(Comparator.comparing(operation -> operation.method().equals("DELETE")));
        return operations;
    }

    private static String filled(String template) {
        String id = template.contains("dead-letters") ? deadLetter : template.contains("/peers/") ? "elsewhere" : KEPT;
        return template.replace("{id}", id)
                .replace("{thing}", KEPT)
                .replace("{name}", template.contains("/label/") ? "device" : "night")
                .replaceAll("\\{[^}]*}", "x");
    }

    private static String body(String template, String contentType) {
        if (template.equals("/api/v1/sync/peers")) {
            return "{\"id\":\"intruder\",\"url\":\"http://127.0.0.1:9\"}";
        }
        if (template.contains("shadow")) {
            return template.startsWith("/things/")
                    ? "{\"state\":{\"desired\":{\"intruded\":1}}}"
                    : "{\"desired\":{\"intruded\":1}}";
        }
        if (contentType.equals(NDJSON)) {
            return "{\"device\":\"intruder\",\"values\":{\"intruded\":1}}\n";
        }
        if (contentType.contains("json")) {
            return "{\"intruded\":1}";
        }
        return contentType.equals("application/x-www-form-urlencoded")
                ? "query=up&match[]=up&start=1&end=2&step=1"
                : "m,device=intruder intruded=1\n";
    }

    /** All that a stranger might have changed. */
    private static String stored() throws Exception {
        StringBuilder all = new StringBuilder();
        for (String path : List.of(
                "/api/v1/devices",
                "/api/v1/export",
                "/api/v1/devices/" + KEPT + "/shadow",
                "/api/v1/devices/" + KEPT + "/shadow/night",
                "/api/v1/devices/" + KEPT + "/shadows",
                "/api/v1/dead-letters",
                "/api/v1/sync/peers")) {
            HttpResponse<byte[]> answer = get(path);
            assertThat(answer.statusCode()).as(path).isEqualTo(200);
            // A shadow is answered with the time of the answer.
            String body = text(answer).replaceFirst(",\"timestamp\":\\d+}$", "}");
            all.append(path).append('\n').append(body).append('\n');
        }
        return all.toString();
    }

    private static String basic(String user, String password) {
        return "Basic " + base64(user + ":" + password);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    /** As {@link RestFixture#raw}, with a header of the caller's. */
    private static String raw(String methodAndTarget, String header) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", hearth.httpUri().getPort())) {
            socket.setSoTimeout(60_000);
            String request = methodAndTarget + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + header + "\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(UTF_8));
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            socket.getInputStream().transferTo(answer);
            return answer.toString(UTF_8);
        }
    }

    /** The code with which a CONNECT is answered. */
    private static int connAck(int version, @Nullable String user, @Nullable String password) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", hearth.mqttPort())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(connect(version, user, password));
            DataInputStream in = new DataInputStream(socket.getInputStream());
            assertThat(in.readByte()).isEqualTo((byte) 0x20);
            byte[] connAck = new byte[in.readUnsignedByte()];
            in.readFully(connAck);
            return Byte.toUnsignedInt(connAck[1]);
        }
    }

    /** Connects and publishes at QoS 1 at once; whether that is acknowledged. */
    private static boolean publish(String password, String topic, String payload) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", hearth.mqttPort())) {
            socket.setSoTimeout(60_000);
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(body);
            out.writeUTF(topic);
            out.writeShort(1);
            out.write(payload.getBytes(UTF_8));
            socket.getOutputStream().write(connect(4, "any", password));
            try {
                socket.getOutputStream().write(packet(0x32, body));
            } catch (SocketException closed) {
                return false;
            }
            DataInputStream in = new DataInputStream(socket.getInputStream());
            try {
                in.skipNBytes(4);
                return in.readByte() == 0x40;
            } catch (EOFException | SocketException closed) {
                return false;
            }
        }
    }

    private static byte[] connect(int version, @Nullable String user, @Nullable String password) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(body);
        out.writeUTF("MQTT");
        out.writeByte(version);
        out.writeByte((user == null ? 0 : 0x80) | (password == null ? 0 : 0x40) | 2);
        out.writeShort(0);
        if (version == 5) {
            out.writeByte(0);
        }
        out.writeUTF("client-of-credentials");
        if (user != null) {
            out.writeUTF(user);
        }
        if (password != null) {
            byte[] bytes = password.getBytes(UTF_8);
            out.writeShort(bytes.length);
            out.write(bytes);
        }
        return packet(0x10, body);
    }

    private static byte[] packet(int type, ByteArrayOutputStream body) {
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        packet.write(type);
        int left = body.size();
        do {
            packet.write(left % 128 | (left >= 128 ? 128 : 0));
            left /= 128;
        } while (left > 0);
        packet.writeBytes(body.toByteArray());
        return packet.toByteArray();
    }
}
