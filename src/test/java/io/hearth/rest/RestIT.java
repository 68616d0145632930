package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.HearthProcess;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** REST as its users see it: the packaged service, over HTTP. Each test has devices of its own. */
class RestIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final String NDJSON = "application/x-ndjson";

    /** A whole second of the past hour, so that readings are neither ahead of the clock nor expired. */
    private static final Instant START =
            Instant.now().truncatedTo(ChronoUnit.SECONDS).minus(1, ChronoUnit.HOURS);

    @SuppressWarnings("NullAway.Init")
    private static HearthProcess hearth;

    @BeforeAll
    static void start() {
        hearth = HearthProcess.start(Map.of());
    }

    @AfterAll
    static void stop() {
        hearth.close();
    }

    // Storing and reading back

    @Test
    void reading_whenStored_isInRangeLatestAndDeviceList() throws Exception {
        JsonNode stored = json(
                post("/api/v1/devices/basic/readings", "{\"temperature\":21.5,\"motion\":true,\"note\":\"ü\"}"), 200);
        assertThat(stored.toString()).isEqualTo("{\"stored\":1,\"rejected\":[],\"rejectedTotal\":0}");

        JsonNode range = json(get("/api/v1/devices/basic/readings"), 200);
        assertThat(range.at("/device").asText()).isEqualTo("basic");
        assertThat(range.at("/readings")).hasSize(1);
        assertThat(range.at("/readings/0/values").toString())
                .isEqualTo("{\"motion\":true,\"note\":\"ü\",\"temperature\":21.5}");
        assertThat(range.at("/nextCursor").isNull()).isTrue();
        String time = range.at("/readings/0/ts").asText();
        assertThat(Instant.parse(time)).isBetween(Instant.now().minusSeconds(60), Instant.now());

        JsonNode latest = json(get("/api/v1/devices/basic/readings/latest"), 200);
        assertThat(latest.at("/latest/temperature").toString()).isEqualTo("{\"value\":21.5,\"ts\":\"" + time + "\"}");
        JsonNode many = json(get("/api/v1/readings/latest?ids=never-seen,basic"), 200);
        assertThat(many.at("/devices/0").toString()).isEqualTo("{\"device\":\"never-seen\",\"latest\":{}}");
        assertThat(many.at("/devices/1")).isEqualTo(latest);

        List<String> devices = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = json(get("/api/v1/devices?limit=2" + cursor), 200);
            page.at("/devices")
                    .forEach(device -> devices.add(device.at("/device").asText()));
            cursor = page.at("/nextCursor").isNull()
                    ? null
                    : "&cursor=" + page.at("/nextCursor").asText();
        } while (cursor != null);
        assertThat(devices).contains("basic").doesNotHaveDuplicates();
    }

    @Test
    void batchOfOneDevice_partlyInvalid_storesTheRest() throws Exception {
        JsonNode answer = json(
                post(
                        "/api/v1/devices/partly/readings",
                        "[{\"a\":1},{\"ts\":\"+54448-01-01T00:00:00Z\",\"values\":{\"a\":2}},{\"a\":3}]"),
                200);

        assertThat(answer.at("/stored").asInt()).isEqualTo(2);
        assertThat(answer.at("/rejected")).hasSize(1);
        assertThat(answer.at("/rejected/0/index").asInt()).isEqualTo(1);
        assertThat(json(get("/api/v1/devices/partly/readings"), 200).at("/readings"))
                .hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":1",
                "",
                "[]x",
                "nonsense",
                "\"text\"",
                "{\"a\":NaN}",
                "{\"a\":Infinity}",
                "{\"a\":1e999}",
                "{\"a b\":1}",
                "{\"a\":[1]}",
                "{}",
                "{\"ts\":\"yesterday\",\"values\":{\"a\":1}}",
                "{\"ts\":1656000000000000,\"values\":{\"a\":1}}",
                "{\"ts\":\"+54448-07-20T00:00:00Z\",\"values\":{\"a\":1}}"
            })
    void readingThatCannotBeStored_is400_withWhatIsWrong(String body) throws Exception {
        JsonNode problem = problem(post("/api/v1/devices/rejected/readings", body), 400, "invalid-readings");

        assertThat(problem.at("/stored").asInt(-1)).isZero();
        assertThat(problem.at("/rejected/0/index").asInt(-1)).isZero();
        assertThat(problem.at("/rejected/0/reason").asText()).isNotEmpty();
        assertThat(problem.at("/rejected/0/detail").asText()).isNotEmpty();
        problem(get("/api/v1/devices/rejected/readings"), 404, "unknown-device");
    }

    @Test
    void oneMillionMetrics_areRefused_andNothingElseIsDisturbed() throws Exception {
        StringBuilder body = new StringBuilder("{\"m0\":0");
        for (int i = 1; i < 1_000_000; i++) {
            body.append(",\"m").append(i).append("\":0");
        }
        problem(post("/api/v1/devices/wide/readings", body.append('}').toString()), 413, "payload-too-large");

        StringBuilder line = new StringBuilder("{\"device\":\"wide\",\"m0\":0");
        for (int i = 1; i < 20_000; i++) {
            line.append(",\"m").append(i).append("\":0");
        }
        JsonNode answer = json(batch(line + "}\n{\"device\":\"wide\",\"values\":{\"a\":1}}\n"), 200);
        assertThat(answer.at("/stored").asInt()).isEqualTo(1);
        assertThat(answer.at("/rejected/0/reason").asText()).isEqualTo("malformed");
        assertThat(json(get("/api/v1/devices/wide/readings"), 200).at("/readings"))
                .hasSize(1);
    }

    @Test
    void bodyOf10MB_is413_withAndWithoutALength() throws Exception {
        byte[] large = new byte[10_000_000];
        java.util.Arrays.fill(large, (byte) ' ');

        problem(
                send(request("/api/v1/devices/large/readings")
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofByteArray(large))),
                413,
                "payload-too-large");
        problem(
                send(request("/api/v1/devices/large/readings")
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large)))),
                413,
                "payload-too-large");
        problem(
                send(request("/api/v1/devices/large/readings")
                        .header("Content-Type", "application/json")
                        .header("Content-Encoding", "gzip")
                        .POST(BodyPublishers.ofByteArray(gzip(large)))),
                413,
                "payload-too-large");
    }

    // Streams of readings

    @Test
    void stream_largerThanAnyOtherBody_isStored_andItsBadLinesAreNumbered() throws Exception {
        int lines = 40_000;
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < lines; i++) {
            body.append(i % 10_000 == 7777 ? "bad\n" : line("bulk-" + i % 10, START.plusMillis(i), "\"n\":" + i));
        }
        JsonNode answer = json(batch(body.toString()), 200);

        assertThat(answer.at("/stored").asInt()).isEqualTo(lines - 4);
        assertThat(answer.at("/rejectedTotal").asInt()).isEqualTo(4);
        assertThat(answer.at("/rejected").findValuesAsText("index")).containsExactly("7777", "17777", "27777", "37777");
        int read = 0;
        for (int device = 0; device < 10; device++) {
            read += json(get("/api/v1/devices/bulk-" + device + "/readings"), 200)
                    .at("/readings")
                    .size();
        }
        assertThat(read).isEqualTo(lines - 4);
    }

    @Test
    void stream_withALineTooLong_leavesOutThatLine() throws Exception {
        String longLine = "{\"device\":\"lines\",\"values\":{\"a\":\"" + "x".repeat(300_000) + "\"}}\n";
        JsonNode answer = json(
                batch("\n{\"device\":\"lines\",\"values\":{\"a\":1}}\n" + longLine
                        + "{\"device\":\"lines\",\"values\":{\"b\":2}}"),
                200);

        assertThat(answer.at("/stored").asInt()).isEqualTo(2);
        assertThat(answer.at("/rejected").toString())
                .isEqualTo("[{\"index\":2,\"reason\":\"too_large\",\"detail\":\"a line has at most 262144 bytes\"}]");
    }

    @Test
    void stream_ofNothingButBadLines_is400_withTheFirstThousand() throws Exception {
        JsonNode problem = problem(batch("bad\n".repeat(5_000)), 400, "invalid-readings");

        assertThat(problem.at("/rejectedTotal").asInt()).isEqualTo(5_000);
        assertThat(problem.at("/rejected")).hasSize(1_000);
        assertThat(problem.at("/rejected/999/index").asInt()).isEqualTo(999);
    }

    @Test
    void stream_compressed_isUnpacked_andABrokenOneIsRefused() throws Exception {
        byte[] packed = gzip(
                (line("packed", START, "\"a\":1") + line("packed", START.plusSeconds(1), "\"a\":2")).getBytes(UTF_8));

        assertThat(json(batch(packed, "gzip"), 200).at("/stored").asInt()).isEqualTo(2);
        problem(batch(java.util.Arrays.copyOf(packed, packed.length / 2), "gzip"), 400, "invalid-request");
        problem(batch("{}".getBytes(UTF_8), "gzip"), 400, "invalid-request");
        problem(batch("{}".getBytes(UTF_8), "br"), 415, "unsupported-media-type");
    }

    @Test
    void encodedColon_isAColon() throws Exception {
        JsonNode answer = json(
                send(request("/api/v1/readings%3abatch?")
                        .header("Content-Type", NDJSON)
                        .POST(BodyPublishers.ofString(line("colon:1", START, "\"a\":1")))),
                200);

        assertThat(answer.at("/stored").asInt()).isEqualTo(1);
        assertThat(json(get("/api/v1/devices/colon%3A1/readings?from=-2h"), 200)
                        .at("/device")
                        .asText())
                .isEqualTo("colon:1");
    }

    // Ranges

    @Test
    void pages_inBothOrders_holdEveryReadingOnce() throws Exception {
        storeRamp("paged", 25);
        for (String order : List.of("asc", "desc")) {
            List<Integer> seen = new ArrayList<>();
            String query = "/api/v1/devices/paged/readings?from=-2h&limit=7&order=" + order;
            String cursor = "";
            int pages = 0;
            do {
                JsonNode page = json(get(query + cursor), 200);
                page.at("/readings")
                        .forEach(reading -> seen.add(reading.at("/values/n").asInt()));
                cursor = page.at("/nextCursor").isNull()
                        ? null
                        : "&cursor=" + page.at("/nextCursor").asText();
                pages++;
            } while (cursor != null);
            assertThat(pages).isEqualTo(4);
            assertThat(seen)
                    .hasSize(25)
                    .isSortedAccordingTo(
                            order.equals("asc")
                                    ? java.util.Comparator.naturalOrder()
                                    : java.util.Comparator.reverseOrder());
        }
    }

    @Test
    void lastPage_whenItIsJustFull_hasNoCursor() throws Exception {
        storeRamp("full", 10);

        assertThat(json(get("/api/v1/devices/full/readings?limit=10"), 200)
                        .at("/nextCursor")
                        .isNull())
                .isTrue();
        assertThat(json(get("/api/v1/devices/full/readings?limit=9"), 200)
                        .at("/nextCursor")
                        .isNull())
                .isFalse();
    }

    @Test
    void csvAndLines_withALimit_haveTheCursorInAHeader() throws Exception {
        storeRamp("rows", 5);
        for (String type : List.of("text/csv", NDJSON)) {
            String path = "/api/v1/devices/rows/readings?from=-2h&limit=3";
            HttpResponse<byte[]> first =
                    send(request(path).header("Accept", type).GET());
            assertThat(first.statusCode()).isEqualTo(200);
            assertThat(first.headers().firstValue("Content-Type").orElseThrow()).startsWith(type);
            String cursor =
                    first.headers().firstValue(ReadingsResource.NEXT_CURSOR).orElseThrow();
            HttpResponse<byte[]> second = send(
                    request(path + "&cursor=" + cursor).header("Accept", type).GET());
            assertThat(second.headers().firstValue(ReadingsResource.NEXT_CURSOR))
                    .isEmpty();

            int header = type.equals(NDJSON) ? 0 : 1;
            assertThat(text(first).lines()).hasSize(3 + header);
            assertThat(text(second).lines()).hasSize(2 + header);
        }
        assertThat(text(send(request("/api/v1/devices/rows/readings?metrics=n,absent")
                        .header("Accept", "text/csv")
                        .GET())))
                .startsWith("ts,n,absent\r\n" + START + ",0,\r\n")
                .endsWith(",4,\r\n");
    }

    @Test
    void columns_andEpochTimes_areParallelArrays() throws Exception {
        storeRamp("columns", 3);
        long millis = START.toEpochMilli();

        assertThat(text(get("/api/v1/devices/columns/readings?layout=columns&ts=epoch&order=desc")))
                .isEqualTo("{\"device\":\"columns\",\"readings\":{\"ts\":[" + (millis + 2000) + "," + (millis + 1000)
                        + "," + millis + "],\"n\":[2,1,0]},\"nextCursor\":null}");
    }

    @Test
    void range_isHalfOpen_andTakesEveryFormOfTime() throws Exception {
        storeRamp("times", 10);
        String from = START.plusSeconds(2).toString();
        long to = START.plusSeconds(5).getEpochSecond();

        assertThat(text(get("/api/v1/devices/times/readings?layout=columns&ts=epoch&from=" + from + "&to=" + to)))
                .contains("\"n\":[2,3,4]");
        String offset = from.replace("Z", "+00:00");
        assertThat(json(get("/api/v1/devices/times/readings?from=" + offset + "&to=now"), 200)
                        .at("/readings"))
                .hasSize(8);
        assertThat(json(get("/api/v1/devices/times/readings?to=-2h"), 200).at("/readings"))
                .isEmpty();
    }

    @Test
    void compressedAnswer_ifAskedFor_isTheSame() throws Exception {
        storeRamp("gzip", 2_000);
        String plain = text(get("/api/v1/devices/gzip/readings"));
        HttpResponse<byte[]> packed = send(request("/api/v1/devices/gzip/readings")
                .header("Accept-Encoding", "gzip")
                .GET());

        assertThat(packed.headers().firstValue("Content-Encoding")).contains("gzip");
        assertThat(packed.body().length).isLessThan(plain.length() / 4);
        assertThat(new String(new GZIPInputStream(new ByteArrayInputStream(packed.body())).readAllBytes(), UTF_8))
                .isEqualTo(plain);
        assertThat(send(request("/api/v1/devices/gzip/readings")
                                .header("Accept-Encoding", "gzip;q=0")
                                .GET())
                        .headers()
                        .firstValue("Content-Encoding"))
                .isEmpty();
    }

    @Test
    void clientThatLeavesMidway_disturbsNobody() throws Exception {
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < 60_000; i++) {
            body.append(line("leaver", START.plusMillis(i), "\"n\":" + i + ",\"text\":\"" + "x".repeat(50) + "\""));
        }
        json(batch(body.toString()), 200);
        String log = hearth.log();
        for (int i = 0; i < 5; i++) {
            try (Socket socket = new Socket("127.0.0.1", hearth.httpUri().getPort())) {
                OutputStream out = socket.getOutputStream();
                out.write(
                        ("GET /api/v1/devices/leaver/readings?limit=100000 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                                        + hearth.adminToken() + "\r\n\r\n")
                                .getBytes(UTF_8));
                assertThat(socket.getInputStream().readNBytes(1_000)).hasSize(1_000);
            }
        }

        assertThat(json(get("/api/v1/devices/leaver/readings?limit=100000"), 200)
                        .at("/readings"))
                .hasSize(60_000);
        assertThat(hearth.log().substring(log.length())).doesNotContain("ERROR").doesNotContain("Exception");
    }

    // Bad requests

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
                "limit= | limit",
                "order=up | order",
                "metrics=a,,b | metrics",
                "metrics=a,a | metrics",
                "metrics=a%20b | metrics",
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
                "DELETE | /api/v1/devices/basic/readings | GET, HEAD, OPTIONS, POST",
                "PUT | /api/v1/devices | GET, HEAD, OPTIONS",
                "GET | /api/v1/readings:batch | OPTIONS, POST",
                "GET | /api/v1/dead-letters/x:replay | OPTIONS, POST",
                "POST | /api/v1/dead-letters/x | GET, HEAD, OPTIONS",
                "PATCH | /api/v1/readings/latest | GET, HEAD, OPTIONS"
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

    // Who may come in

    @Test
    void missingOrWrongToken_is401_everywhere() throws Exception {
        for (String path : List.of(
                "/",
                "/api/v1/devices",
                "/api/v1/devices/basic/readings",
                "/q/metrics",
                "/q/openapi",
                "/q/swagger-ui/",
                "/q/health")) {
            for (String token :
                    java.util.Arrays.asList(null, "Bearer wrong", "Bearer", "Basic eDp5", hearth.adminToken())) {
                HttpRequest.Builder request =
                        HttpRequest.newBuilder(hearth.httpUri().resolve(path));
                if (token != null) {
                    request.header("Authorization", token);
                }
                HttpResponse<byte[]> response = send(request.GET());
                problem(response, 401, "unauthorized");
                assertThat(response.headers().allValues("WWW-Authenticate")).contains("Bearer realm=\"hearth\"");
            }
        }
        assertThat(text(get("/q/metrics"))).containsPattern("hearth_http_unauthorized_total [1-9]");
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
        String basic =
                "Basic " + java.util.Base64.getEncoder().encodeToString(("x:" + hearth.adminToken()).getBytes(UTF_8));
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
                .containsExactlyInAnyOrder(
                        "/api/v1/devices",
                        "/api/v1/devices/{id}/readings",
                        "/api/v1/devices/{id}/readings/latest",
                        "/api/v1/readings/latest",
                        "/api/v1/readings:batch",
                        "/api/v1/dead-letters",
                        "/api/v1/dead-letters/{id}",
                        "/api/v1/dead-letters/{id}:replay");
        api.at("/paths")
                .forEach(path -> path.forEach(operation -> {
                    assertThat(operation.at("/summary").asText()).isNotEmpty();
                    for (String status : List.of("400", "401", "500", "503")) {
                        assertThat(operation
                                        .at("/responses/" + status + "/content/application~1problem+json/schema/$ref")
                                        .asText())
                                .isEqualTo("#/components/schemas/Problem");
                    }
                }));
        assertThat(api.at("/components/securitySchemes/token/scheme").asText()).isEqualTo("bearer");
        assertThat(get("/q/swagger-ui/").statusCode()).isEqualTo(200);
    }

    // Talking to the service

    private static void storeRamp(String device, int count) throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < count; i++) {
            lines.append(line(device, START.plusSeconds(i), "\"n\":" + i));
        }
        assertThat(json(batch(lines.toString()), 200).at("/stored").asInt()).isEqualTo(count);
    }

    private static String line(String device, Instant time, String values) {
        return "{\"device\":\"" + device + "\",\"ts\":\"" + time + "\",\"values\":{" + values + "}}\n";
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(hearth.httpUri().resolve(path.replace("+00:00", "%2B00:00")))
                .header("Authorization", "Bearer " + hearth.adminToken());
    }

    private static HttpResponse<byte[]> get(String path) throws Exception {
        return send(request(path).GET());
    }

    private static HttpResponse<byte[]> post(String path, String json) throws Exception {
        return send(request(path).header("Content-Type", "application/json").POST(BodyPublishers.ofString(json)));
    }

    private static HttpResponse<byte[]> batch(String lines) throws Exception {
        return batch(lines.getBytes(UTF_8), null);
    }

    private static HttpResponse<byte[]> batch(byte[] body, @Nullable String encoding) throws Exception {
        BodyPublisher streamed = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body));
        HttpRequest.Builder request =
                request("/api/v1/readings:batch").header("Content-Type", NDJSON).POST(streamed);
        return send(encoding == null ? request : request.header("Content-Encoding", encoding));
    }

    private static int status(HttpRequest.Builder request) throws Exception {
        return send(request).statusCode();
    }

    private static HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
        return CLIENT.send(request.timeout(java.time.Duration.ofSeconds(60)).build(), BodyHandlers.ofByteArray());
    }

    private static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), UTF_8);
    }

    private static JsonNode json(HttpResponse<byte[]> response, int status) throws IOException {
        assertThat(response.statusCode()).as(text(response)).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("application/json");
        return JSON.readTree(response.body());
    }

    private static JsonNode problem(HttpResponse<byte[]> response, int status, String type) throws IOException {
        assertThat(response.statusCode()).as(text(response)).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("application/problem+json");
        JsonNode problem = JSON.readTree(response.body());
        assertThat(problem.at("/type").asText()).isEqualTo("urn:hearth:problem:" + type);
        assertThat(problem.at("/status").asInt()).isEqualTo(status);
        assertThat(problem.at("/title").asText()).isNotEmpty();
        assertThat(problem.at("/detail").asText()).isNotEmpty();
        return problem;
    }

    /** What the service answers to a request line (and headers) that no client would send. */
    private static String raw(String head) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", hearth.httpUri().getPort())) {
            socket.setSoTimeout(10_000);
            String request = head + "\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + hearth.adminToken()
                    + "\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(UTF_8));
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            try {
                socket.getInputStream().transferTo(answer);
            } catch (IOException reset) {
                // The service may cut a connection off whose request it will not read to the end.
                answer.flush();
            }
            return answer.toString(UTF_8);
        }
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }
}
