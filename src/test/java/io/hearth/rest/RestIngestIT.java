package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Readings on their way in over HTTP: single, in arrays, as streams, and whatever cannot be stored. */
class RestIngestIT extends RestFixture {
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
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"a":1 | malformed | not JSON at byte 6
                    `` | malformed | empty
                    []x | malformed | not JSON
                    nonsense | malformed | not JSON
                    "text" | malformed | object
                    {"a":NaN} | malformed | not JSON
                    {"a":Infinity} | malformed | not JSON
                    {"a":1e999} | invalid_reading | a
                    {"a\\u200Bb":1} | invalid_reading | a<U+200B>b
                    {"a":[]} | invalid_reading | value
                    {} | invalid_reading | value
                    {"ts":"yesterday","values":{"a":1}} | invalid_reading | ts
                    {"ts":1656000000000000,"values":{"a":1}} | clock_behind | ts
                    {"ts":"+54448-07-20T00:00:00Z","values":{"a":1}} | invalid_reading | ts
                    """)
    void readingThatCannotBeStored_is400_withWhatIsWrong(String body, String reason, String detail) throws Exception {
        JsonNode problem = problem(post("/api/v1/devices/rejected/readings", body), 400, "invalid-readings");

        assertThat(problem.at("/stored").asInt(-1)).isZero();
        assertThat(problem.at("/rejected/0/index").asInt(-1)).isZero();
        assertThat(problem.at("/rejected/0/reason").asText()).isEqualTo(reason);
        assertThat(problem.at("/rejected/0/detail").asText()).contains(detail);
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
}
