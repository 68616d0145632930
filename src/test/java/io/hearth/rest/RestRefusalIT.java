package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What REST refuses, and how it says so: bad requests, missing tokens; and what it says about itself. */
class RestRefusalIT extends RestFixture {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "from=yesterday | from",
                "from=24d | from",
                "to=54448-01-01T00:00:00Z | to",
                "limit=0 | limit",
                "limit=100001 | limit",
                "limit=x | limit",
                "order=up | order",
                "metrics=a,,b | metrics",
                "metrics=a,a | metrics",
                "metrics=a%20b | metrics",
                "metric=a%20b | metric",
                "metric=a&metric=a | metric",
                "cursor=zzz | cursor",
                "cursor=AQAAAAAAAAABAAAAAAAAAAIAAAAAAAAAAwAAAAAAAAAE | cursor",
                "consistency=weak | consistency",
                "layout=tree | layout",
                "ts=unix | ts",
                "form=-1h | form",
                "from=-1h&from=-2h | from",
                "from=now&to=-1h | from,to",
                "limit=0&order=up&from=x | from,limit,order"
            })
    void invalidParameter_is400_andNamed(String query, String fields) throws Exception {
        JsonNode problem = problem(get("/api/v1/devices/basic/readings?" + query), 400, "invalid-request");

        assertThat(String.join(",", problem.at("/errors").findValuesAsText("field")))
                .isEqualTo(fields);
        assertThat(problem.at("/errors").findValuesAsText("message")).doesNotContain("");
    }

    @Test
    void emptyParameter_isAnAbsentOne() throws Exception {
        storeRamp("empties", 3);
        String path = "/api/v1/devices/empties/readings";

        assertThat(text(get(path + "?from=&to=&metrics=&order=&limit=&cursor=&consistency=&layout=&ts=")))
                .isEqualTo(text(get(path)));
        assertThat(json(get(path + "?limit=&limit=2"), 200).at("/readings")).hasSize(2);
        json(get(path + "/aggregate?every=&fn=&tz=&fill=&maxPoints=10"), 200);
        // What has no default is missing where it is empty: nothing is erased.
        problem(send(request(path + "?from=&to=").DELETE()), 400, "invalid-request");
        assertThat(json(get(path), 200).at("/readings")).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bad%21", "a%20b", "a%2Fb", "%00", "%C3%BC", "d%0A1"})
    void invalidDeviceId_is400_andNamed(String id) throws Exception {
        for (HttpResponse<byte[]> response : List.of(
                get("/api/v1/devices/" + id + "/readings"),
                get("/api/v1/devices/" + id + "/readings/latest"),
                post("/api/v1/devices/" + id + "/readings", "{\"a\":1}"))) {
            JsonNode problem = problem(response, 400, "invalid-request");
            assertThat(problem.at("/errors/0/field").asText()).isEqualTo("id");
        }
    }

    @Test
    void cursorOfAnotherQuery_is400() throws Exception {
        storeRamp("cursor", 5);
        String cursor = json(get("/api/v1/devices/cursor/readings?limit=2"), 200)
                .at("/nextCursor")
                .asText();

        for (String other : List.of("other/readings?", "cursor/readings?order=desc&", "cursor/readings?from=-9h&")) {
            JsonNode problem = problem(get("/api/v1/devices/" + other + "cursor=" + cursor), 400, "invalid-request");
            assertThat(problem.at("/errors/0/field").asText()).isEqualTo("cursor");
        }
        problem(get("/api/v1/devices?cursor=" + cursor), 400, "invalid-request");
        problem(get("/api/v1/dead-letters?cursor=" + cursor), 400, "invalid-request");
    }

    @Test
    void unknownDevicesPathsAndLetters_are404() throws Exception {
        problem(get("/api/v1/devices/never/readings"), 404, "unknown-device");
        problem(get("/api/v1/devices/never/readings/latest"), 404, "unknown-device");
        problem(get("/api/v1/dead-letters/" + "0".repeat(32)), 404, "not-found");
        problem(get("/api/v1/dead-letters/no-id"), 404, "not-found");
        problem(post("/api/v1/dead-letters/no-id:replay", ""), 404, "not-found");
        problem(get("/api/v1/nothing"), 404, "not-found");
        problem(get("/nothing"), 404, "not-found");
        problem(get("/"), 404, "not-found");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PATCH | /api/v1/devices/basic/readings | DELETE, GET, HEAD, OPTIONS, POST",
                "PUT | /api/v1/devices | GET, HEAD, OPTIONS",
                "GET | /api/v1/readings:batch | OPTIONS, POST",
                "GET | /api/v1/dead-letters/x:replay | OPTIONS, POST",
                "POST | /api/v1/dead-letters/x | GET, HEAD, OPTIONS",
                "PATCH | /api/v1/readings/latest | GET, HEAD, OPTIONS",
                "GET | /write | OPTIONS, POST"
            })
    void wrongMethod_is405_andToldWhatIsAllowed(String method, String path, String allowed) throws Exception {
        HttpResponse<byte[]> response = send(request(path).method(method, BodyPublishers.noBody()));

        problem(response, 405, "method-not-allowed");
        assertThat(response.headers().firstValue("Allow")).contains(allowed);
    }

    @Test
    void wrongMediaTypes_are415And406() throws Exception {
        HttpRequest.Builder form =
                request("/api/v1/devices/basic/readings").header("Content-Type", "application/x-www-form-urlencoded");
        problem(send(form.POST(BodyPublishers.ofString("{\"a\":1}"))), 415, "unsupported-media-type");
        problem(
                send(request("/api/v1/readings:batch")
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString("{}"))),
                415,
                "unsupported-media-type");
        problem(
                send(request("/api/v1/devices/basic/readings")
                        .header("Accept", "application/xml")
                        .GET()),
                406,
                "not-acceptable");
        problem(send(request("/api/v1/devices").header("Accept", "text/csv").GET()), 406, "not-acceptable");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/query", "/prometheus/api/v1/query", "/prometheus/api/v1/labels"})
    void brokenForm_is400(String path) throws Exception {
        String form = "application/x-www-form-urlencoded";

        for (String body : List.of("query=%", "start=%zz", "query=1%2")) {
            problem(
                    send(request(path).header("Content-Type", form).POST(BodyPublishers.ofString(body))),
                    400,
                    "invalid-request");
        }
    }

    @Test
    void brokenContentType_isRefused() throws Exception {
        for (String path : List.of("/query", "/api/v1/devices/basic/readings", "/api/v1/import")) {
            assertThat(status(request(path).header("Content-Type", "a/b/c").POST(BodyPublishers.ofString("{}"))))
                    .as(path)
                    .isIn(400, 415);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/devices/%zz/readings",
                "/api/v1/devices?limit=%zz",
                "/api/v1/devices/%C3%28/readings",
                "/%",
                "/api/v1/devices/../devices/%"
            })
    void brokenPercentEncoding_is400(String target) throws Exception {
        assertThat(raw("GET " + target + " HTTP/1.1")).startsWith("HTTP/1.1 400 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"GET /\u0001 HTTP/1.1", "GET / HTTP/9.9", "nonsense", "GET /api/v1/devices HTTP/1.1\r\nX: \u0000"
            })
    void brokenHttp_isRefused_andNothingElseIsDisturbed(String head) throws Exception {
        assertThat(raw(head)).matches("(?s)(HTTP/\\d.\\d (4|5)\\d\\d .*)?");
        json(get("/api/v1/devices"), 200);
    }

    @Test
    void longUri_is414_orTaken() throws Exception {
        assertThat(raw("GET /api/v1/devices/" + "x".repeat(200_000) + "/readings HTTP/1.1"))
                .containsPattern("^HTTP/1.. 414 ");
        String ids = "d".repeat(120);
        StringBuilder thousand = new StringBuilder(ids + 1000);
        for (int i = 1001; i < 2000; i++) {
            thousand.append(',').append(ids).append(i);
        }
        assertThat(json(get("/api/v1/readings/latest?ids=" + thousand), 200).at("/devices"))
                .hasSize(1000);
        problem(get("/api/v1/readings/latest?ids=" + thousand + ",one-more"), 400, "invalid-request");
    }

    @Test
    void wrongToken_withALargeBody_isAnswered() throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(hearth.httpUri().resolve("/api/v1/readings:batch"))
                .header("Content-Type", NDJSON)
                .POST(BodyPublishers.ofByteArray(new byte[20_000_000]));

        problem(send(request), 401, "unauthorized");
    }

    @Test
    void token_isTakenInAnyCaseOfTheScheme_andForReadingOperationsAsABasicPassword() throws Exception {
        String basic = "Basic " + Base64.getEncoder().encodeToString(("x:" + hearth.adminToken()).getBytes(UTF_8));
        URI devices = hearth.httpUri().resolve("/api/v1/devices");
        URI openApi = hearth.httpUri().resolve("/q/openapi");

        assertThat(status(HttpRequest.newBuilder(devices).header("Authorization", "bEaReR " + hearth.adminToken())))
                .isEqualTo(200);
        assertThat(status(HttpRequest.newBuilder(openApi).header("Authorization", basic)))
                .isEqualTo(200);
        assertThat(status(HttpRequest.newBuilder(devices).header("Authorization", basic)))
                .isEqualTo(401);
        assertThat(status(HttpRequest.newBuilder(openApi)
                        .header("Authorization", basic)
                        .POST(BodyPublishers.noBody())))
                .isEqualTo(401);
    }

    @Test
    void health_isBareWithoutAToken_andDetailedWithIt() throws Exception {
        for (String path : List.of("/q/health/live", "/q/health/ready")) {
            HttpResponse<byte[]> bare =
                    send(HttpRequest.newBuilder(hearth.httpUri().resolve(path)).GET());
            assertThat(bare.statusCode()).isEqualTo(200);
            assertThat(text(bare)).isEqualTo("{\"status\":\"UP\"}");
            assertThat(json(get(path), 200).at("/checks").isArray()).isTrue();
        }
        assertThat(json(get("/q/health/ready"), 200).at("/checks").findValuesAsText("name"))
                .contains("table");
    }

    @Test
    void openApi_describesEveryCall_withTheTokenAndTheProblems() throws Exception {
        JsonNode api = json(get("/q/openapi?format=json"), 200);

        List<String> paths = new ArrayList<>();
        api.at("/paths").fieldNames().forEachRemaining(paths::add);
        assertThat(paths)
                .contains(
                        "/api/v1/devices",
                        "/api/v1/devices/{id}/readings",
                        "/api/v1/devices/{id}/readings/latest",
                        "/api/v1/readings/latest",
                        "/api/v1/readings:batch",
                        "/api/v1/dead-letters",
                        "/api/v1/dead-letters/{id}",
                        "/api/v1/dead-letters/{id}:replay",
                        "/api/v2/write",
                        "/write");
        paths.removeIf(path -> !path.startsWith("/api/v") && !path.equals("/write"));
        paths.forEach(path -> api.at("/paths").path(path).forEach(operation -> {
            assertThat(operation.at("/summary").asText()).isNotEmpty();
            for (String status : List.of("400", "401", "500", "503")) {
                assertThat(operation
                                .at("/responses/" + status + "/content/application~1problem+json/schema/$ref")
                                .asText())
                        .isEqualTo("#/components/schemas/Problem" + status);
            }
        }));
        assertThat(api.at("/components/securitySchemes/token/scheme").asText()).isEqualTo("bearer");
        assertThat(get("/q/swagger-ui/").statusCode()).isEqualTo(200);
    }

    /** As scripts ask, which name no format, and as Prometheus does. */
    @ParameterizedTest
    @ValueSource(strings = {"", "*/*", "text/plain", "application/openmetrics-text; version=1.0.0; charset=utf-8"})
    void metrics_inAnyFormat_areReadByPromtool(String accept, @TempDir Path directory) throws Exception {
        HttpRequest.Builder request = request("/q/metrics").GET();
        if (!accept.isEmpty()) {
            request.header("Accept", accept);
        }
        HttpResponse<byte[]> metrics = send(request);
        assertThat(metrics.statusCode()).isEqualTo(200);
        Path file = Files.write(directory.resolve("metrics"), metrics.body());

        Process promtool = new ProcessBuilder("/usr/bin/promtool", "check", "metrics")
                .redirectInput(file.toFile())
                .redirectErrorStream(true)
                .start();

        String said = new String(promtool.getInputStream().readAllBytes(), UTF_8);
        // 3 is advice about names; what cannot be read is 1.
        assertThat(promtool.waitFor()).as(said).isIn(0, 3);
    }

    @Test
    void backups_whenOff_areRefusedWithTheSettingThatTurnsThemOn() throws Exception {
        for (HttpRequest.Builder request : List.of(
                request("/api/v1/backups").GET(),
                request("/api/v1/backups").POST(BodyPublishers.noBody()),
                request("/api/v1/backups/20261126T174310123Z:verify").POST(BodyPublishers.noBody()))) {
            assertThat(problem(send(request), 409, "backups-off").at("/detail").asText())
                    .contains("HEARTH_BACKUP_DIR");
        }
    }
}
