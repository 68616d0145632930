package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.HearthProcess;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Aggregates and sealing as users see them: the packaged service, over HTTP, against plain recomputation. */
class AggregateIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    /** Days around changes of clocks in Berlin, New York and on Lord Howe Island, spring and autumn. */
    private static final List<LocalDate> DAYS = List.of(
            LocalDate.parse("2026-03-08"),
            LocalDate.parse("2026-03-29"),
            LocalDate.parse("2026-04-05"),
            LocalDate.parse("2026-10-04"),
            LocalDate.parse("2026-10-25"),
            LocalDate.parse("2026-11-01"));

    private record Reading(String device, Instant time, double a, double b) {}

    private static final List<Reading> READINGS = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private static HearthProcess hearth;

    @BeforeAll
    static void start() throws Exception {
        hearth = HearthProcess.start(Map.of("HEARTH_RETENTION", "36500d", "HEARTH_SERIES_SEAL", "off"));
        Random random = new Random(20260329);
        StringBuilder lines = new StringBuilder();
        for (LocalDate day : DAYS) {
            Instant from = day.minusDays(1).atStartOfDay(ZoneId.of("UTC")).toInstant();
            for (int i = 0; i < 3 * 24 * 4; i++) {
                Reading reading = new Reading(
                        "d" + random.nextInt(3),
                        from.plusSeconds(i * 900L + random.nextInt(900)),
                        random.nextInt(400) / 10.0,
                        random.nextInt(1000));
                READINGS.add(reading);
                lines.append("{\"device\":\"")
                        .append(reading.device)
                        .append("\",\"ts\":\"")
                        .append(reading.time)
                        .append("\",\"values\":{\"a\":")
                        .append(reading.a)
                        .append(",\"b\":")
                        .append(reading.b)
                        .append("}}\n");
            }
        }
        JsonNode stored = json(
                send(request("/api/v1/readings:batch")
                        .header("Content-Type", "application/x-ndjson")
                        .POST(BodyPublishers.ofString(lines.toString()))),
                200);
        assertThat(stored.at("/stored").asInt()).isEqualTo(READINGS.size());
    }

    @AfterAll
    static void stop() {
        hearth.close();
    }

    @ParameterizedTest
    @CsvSource({"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"})
    void dailyBuckets_acrossChangesOfTheClock_agreeWithRecomputation(String zone) throws Exception {
        String query = "?from=2026-03-01T00:00:00Z&to=2026-11-05T00:00:00Z&every=1d&fn=avg,max,count&tz=" + zone;

        JsonNode one = json(get("/api/v1/devices/d1/readings/aggregate" + query), 200);
        assertThat(one.at("/device").asText()).isEqualTo("d1");
        assertThat(one.at("/every").asText()).isEqualTo("P1D");
        assertThat(one.at("/tz").asText()).isEqualTo(zone);
        assertAgrees(one.at("/buckets"), zone, reading -> reading.device.equals("d1"));

        JsonNode all = json(get("/api/v1/readings/aggregate" + query + "&ids=d0,d1,d2"), 200);
        assertThat(all.at("/devices").asInt()).isEqualTo(3);
        assertAgrees(all.at("/buckets"), zone, reading -> true);

        JsonNode groups = json(get("/api/v1/readings/aggregate" + query + "&groupBy=device"), 200)
                .at("/groups");
        assertThat(groups).hasSizeGreaterThanOrEqualTo(3);
        for (int i = 0; i < 3; i++) {
            String device = "d" + i;
            assertThat(groups.get(i).at("/device").asText()).isEqualTo(device);
            assertAgrees(groups.get(i).at("/buckets"), zone, reading -> reading.device.equals(device));
        }
    }

    private static void assertAgrees(JsonNode buckets, String zone, Predicate<Reading> counts) {
        Map<String, DoubleSummaryStatistics> expected = READINGS.stream()
                .filter(counts)
                .collect(Collectors.groupingBy(
                        reading -> LocalDate.ofInstant(reading.time, ZoneId.of(zone))
                                .atStartOfDay(ZoneId.of(zone))
                                .toInstant()
                                .toString(),
                        TreeMap::new,
                        Collectors.summarizingDouble(Reading::a)));
        List<String> times = new ArrayList<>();
        for (JsonNode bucket : buckets) {
            String time = bucket.at("/ts").asText();
            times.add(time);
            assertThat(expected).containsKey(time);
            DoubleSummaryStatistics plain = expected.getOrDefault(time, new DoubleSummaryStatistics());
            assertThat(bucket.at("/a/count").asLong()).as(time).isEqualTo(plain.getCount());
            assertThat(bucket.at("/a/max").asDouble()).as(time).isEqualTo(plain.getMax());
            assertThat(bucket.at("/a/avg").asDouble()).as(time).isCloseTo(plain.getAverage(), within(1e-9));
            assertThat(bucket.at("/b/count").asLong()).as(time).isEqualTo(plain.getCount());
        }
        assertThat(times).containsExactlyElementsOf(expected.keySet());
    }

    @Test
    void everyForm_ofOneQuestion_hasTheSameNumbers() throws Exception {
        String path = "/api/v1/devices/d0/readings/aggregate?from=2026-10-24T00:00:00Z&to=2026-10-26T12:00:00Z"
                + "&every=6h&fn=min,max&metrics=b,a&tz=Europe/Berlin&ts=epoch&fill=null";
        JsonNode rows = json(get(path), 200).at("/buckets");
        JsonNode columns = json(get(path + "&layout=columns"), 200);
        List<String> lines = get(path, "application/x-ndjson").body().lines().toList();
        List<String> csv = get(path, "text/csv").body().lines().toList();

        assertThat(rows.size()).isEqualTo(11);
        assertThat(lines).hasSize(rows.size());
        assertThat(csv).hasSize(rows.size() + 1);
        assertThat(csv.get(0)).isEqualTo("ts,b.min,b.max,a.min,a.max");
        for (int i = 0; i < rows.size(); i++) {
            JsonNode row = rows.get(i);
            assertThat(JSON.readTree(lines.get(i))).isEqualTo(row);
            assertThat(columns.at("/ts/" + i)).isEqualTo(row.at("/ts"));
            assertThat(columns.at("/a/min/" + i)).isEqualTo(row.at("/a/min"));
            assertThat(columns.at("/b/max/" + i)).isEqualTo(row.at("/b/max"));
            String fields = List.of("/ts", "/b/min", "/b/max", "/a/min", "/a/max").stream()
                    .map(pointer -> row.at(pointer).asText().replace("null", ""))
                    .collect(Collectors.joining(","));
            assertThat(csv.get(i + 1)).isEqualTo(fields);
        }
        Instant first = Instant.ofEpochMilli(rows.get(0).at("/ts").asLong());
        assertThat(first).isEqualTo(Instant.parse("2026-10-23T22:00:00Z"));
        List<Long> hours = new ArrayList<>();
        for (int i = 1; i < rows.size(); i++) {
            hours.add(
                    (rows.get(i).at("/ts").asLong() - rows.get(i - 1).at("/ts").asLong()) / 3_600_000);
        }
        assertThat(hours)
                .as("the night that has an hour twice")
                .containsExactly(6L, 6L, 6L, 6L, 7L, 6L, 6L, 6L, 6L, 6L);
    }

    @Test
    void maxPoints_choosesAWidth_thatAnswersAsIfItWereAsked() throws Exception {
        String path =
                "/api/v1/devices/d0/readings/aggregate?from=2026-10-24T00:00:00Z&to=2026-10-27T00:00:00Z&fill=null";
        JsonNode chosen = json(get(path + "&maxPoints=80"), 200);
        assertThat(chosen.at("/every").asText()).isEqualTo("PT1H");
        assertThat(chosen.at("/buckets")).hasSize(72);
        assertThat(chosen).isEqualTo(json(get(path + "&every=1h"), 200));
        assertThat(json(get(path), 200).at("/every").asText()).isEqualTo("PT15M");
    }

    @Test
    void defaults_areTheAveragesOfTheLastDay_inUtc() throws Exception {
        Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        String body = "[" + "{\"ts\":\"%s\",\"values\":{\"a\":1}},".formatted(now.minus(Duration.ofHours(25)))
                + "{\"ts\":\"%s\",\"values\":{\"a\":2}},".formatted(now.minus(Duration.ofHours(23)))
                + "{\"ts\":\"%s\",\"values\":{\"a\":4}}]"
                        .formatted(now.minus(Duration.ofHours(23)).plusSeconds(1));
        json(
                send(request("/api/v1/devices/recent/readings")
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body))),
                200);

        JsonNode answer = json(get("/api/v1/devices/recent/readings/aggregate?every=1d"), 200);

        assertThat(answer.at("/tz").asText()).isEqualTo("UTC");
        assertThat(answer.at("/buckets")).hasSize(1);
        assertThat(answer.at("/buckets/0/a").toString()).isEqualTo("{\"avg\":3}");
    }

    @Test
    void unknownDevice_is404_butOnlyAloneAndNotAmongOthers() throws Exception {
        JsonNode problem = json(get("/api/v1/devices/never/readings/aggregate?metrics=a&fill=null"), 404);
        assertThat(problem.at("/type").asText()).endsWith("unknown-device");

        JsonNode many = json(
                get("/api/v1/readings/aggregate?ids=never,d0&groupBy=device&from=2026-03-01T00:00:00Z&every=1y"), 200);
        assertThat(many.at("/groups/0").toString()).isEqualTo("{\"device\":\"never\",\"buckets\":[]}");
        assertThat(many.at("/groups/1/buckets")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "from=yesterday|from",
                "to=24d|to",
                "from=-1h&to=-2h|from,to",
                "every=5|every",
                "every=0m|every",
                "fn=mean|fn",
                "fn=avg,avg|fn",
                "metrics=a,a|metrics",
                "tz=Mars/Olympus|tz",
                "fill=zero|fill",
                "maxPoints=0|maxPoints",
                "maxPoints=100001|maxPoints",
                "maxPoints=10&every=1m|every,maxPoints",
                "from=2026-01-01T00:00:00Z&to=2026-12-01T00:00:00Z&every=1s|every",
                "from=-9d&every=10s&fn=p50&metrics=a,b,c|every",
                "consistency=weak|consistency",
                "layout=table|layout",
                "ts=iso|ts",
                "function=avg|function",
                "every=1h&every=2h|every",
                "every=5&fn=mean&tz=Mars&fill=zero|every,fill,fn,tz"
            })
    void badParameter_is400_namingIt(String query, String fields) throws Exception {
        for (String path : List.of("/api/v1/devices/d0/readings/aggregate?", "/api/v1/readings/aggregate?ids=d0&")) {
            JsonNode problem = json(get(path + query), 400);
            List<String> named = new ArrayList<>();
            problem.at("/errors").forEach(error -> named.add(error.at("/field").asText()));
            assertThat(named).containsExactly(fields.split(","));
        }
    }

    @ParameterizedTest
    @CsvSource({"groupBy=home,groupBy", "home=h1,home", "ids=a b,ids", "ids=d0;d0,ids"})
    void badParameterOfMany_is400_namingIt(String query, String field) throws Exception {
        JsonNode problem = json(
                get("/api/v1/readings/aggregate?" + query.replace(" ", "%20").replace(';', ',')), 400);
        assertThat(problem.at("/errors")).hasSize(1);
        assertThat(problem.at("/errors/0/field").asText()).isEqualTo(field);
    }

    @ParameterizedTest
    @CsvSource({"/api/v1/maintenance:seal", "/api/v1/maintenance%3Aseal"})
    void seal_changesNoAnswer(String path) throws Exception {
        String device = path.contains("%") ? "sealed-2" : "sealed-1";
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            lines.append("{\"device\":\"%s\",\"ts\":%d,\"values\":{\"a\":%d}}%n"
                    .formatted(device, 1_790_000_000 + i * 60, i % 100));
        }
        json(
                send(request("/api/v1/readings:batch")
                        .header("Content-Type", "application/x-ndjson")
                        .POST(BodyPublishers.ofString(lines.toString()))),
                200);
        List<String> questions = List.of(
                "/aggregate?from=1790000000&to=1790120000&every=1h&fn=avg,first,count,p50",
                "/aggregate?from=1780000000&to=1799000000&every=1mo&fn=min,max,sum",
                "?from=1790000000&to=1790120000");
        List<String> before = new ArrayList<>();
        for (String question : questions) {
            before.add(get("/api/v1/devices/" + device + "/readings" + question).body());
        }

        JsonNode sealed = json(send(request(path).POST(BodyPublishers.noBody())), 200);

        assertThat(sealed.at("/readings").asInt()).isGreaterThanOrEqualTo(2000);
        assertThat(sealed.at("/chunks").asInt()).isGreaterThanOrEqualTo(2);
        assertThat(sealed.at("/bytesAfter").asLong())
                .isPositive()
                .isLessThan(sealed.at("/bytesBefore").asLong());
        for (int i = 0; i < questions.size(); i++) {
            String after = get("/api/v1/devices/" + device + "/readings" + questions.get(i))
                    .body();
            assertThat(after).isEqualTo(before.get(i));
        }
        assertThat(get("/q/metrics").body())
                .contains(
                        "hearth_series_sealed_readings_total",
                        "hearth_series_sealed_bytes_total{state=\"after\"}",
                        "hearth_series_seal_seconds_count");
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(hearth.httpUri().resolve(path))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", "Bearer " + hearth.adminToken());
    }

    private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path));
    }

    private static HttpResponse<String> get(String path, String accept) throws IOException, InterruptedException {
        return send(request(path).header("Accept", accept));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return CLIENT.send(request.build(), BodyHandlers.ofString(UTF_8));
    }

    private static JsonNode json(HttpResponse<String> response, int status) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return JSON.readTree(response.body());
    }
}
