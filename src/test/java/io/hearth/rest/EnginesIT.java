package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.hearth.HearthProcess;
import io.hearth.table.dynamodb.TestDynamoDb;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** One service on each engine, told apart by one setting: both are told the same and must answer the same. */
class EnginesIT {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Instant START =
            Instant.now().truncatedTo(ChronoUnit.DAYS).minus(2, ChronoUnit.DAYS);
    private static final int READINGS = 300;

    @SuppressWarnings("NullAway.Init")
    private static List<HearthProcess> engines;

    @BeforeAll
    static void start() {
        // Sealed only when the test says so.
        Map<String, String> dynamoDb = new HashMap<>(TestDynamoDb.get().environment());
        dynamoDb.put("HEARTH_SERIES_SEAL", "off");
        engines = List.of(HearthProcess.start(Map.of("HEARTH_SERIES_SEAL", "off")), HearthProcess.start(dynamoDb));
    }

    @AfterAll
    static void stop() {
        engines.forEach(HearthProcess::close);
    }

    @Test
    void everyCall_beforeAndAfterSealing_andErasure_answersTheSameOnBothEngines() throws Exception {
        both("POST", "/api/v1/readings:batch", "application/x-ndjson", lines());
        both(
                "POST",
                "/api/v2/write?precision=s",
                "text/plain",
                "weather,device_id=line wind=3.5,gusts=t " + START.getEpochSecond() + "\nbroken line\n");
        both(
                "POST",
                "/api/v1/devices/single/readings",
                "application/json",
                "[{\"ts\":\"" + START
                        + "\",\"values\":{\"a\":1}},{\"ts\":\"2999-01-01T00:00:00Z\",\"values\":{\"a\":2}}]");
        List<String> fresh = askEverything();
        both("POST", "/api/v1/maintenance:seal", null, null);
        assertThat(askEverything()).isEqualTo(fresh);

        // Late ones reopen what is sealed.
        both(
                "POST",
                "/api/v1/devices/d1/readings",
                "application/json",
                "{\"ts\":\"" + START.plusSeconds(15) + "\",\"values\":{\"n\":-1,\"late\":true}}");
        askEverything();
        both("POST", "/api/v1/maintenance:seal", null, null);
        askEverything();

        both(
                "DELETE",
                "/api/v1/devices/d1/readings?from=" + START.plusSeconds(100) + "&to=" + START.plusSeconds(700),
                null,
                null);
        both("DELETE", "/api/v1/devices/d2", null, null);
        assertThat(askEverything()).isNotEqualTo(fresh);
    }

    private static String lines() {
        Random random = new Random(7);
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < READINGS; i++) {
            for (String device : List.of("d1", "d2", "d3")) {
                lines.append(
                        "{\"device\":\"%s\",\"ts\":\"%s\",\"values\":{\"n\":%d,\"t\":%.1f,\"on\":%b,\"mode\":\"m%d\"}}\n"
                                .formatted(
                                        device,
                                        START.plusSeconds(10L * i),
                                        i,
                                        20 + random.nextDouble(),
                                        random.nextBoolean(),
                                        random.nextInt(3)));
            }
        }
        return lines.append("{\"device\":\"d 1\",\"values\":{\"n\":1}}\n").toString();
    }

    private static List<String> askEverything() throws Exception {
        String day = "from=" + START + "&to=" + START.plus(1, ChronoUnit.DAYS);
        List<String> answers = new ArrayList<>();
        for (String path : List.of(
                "/api/v1/devices/d1/readings?" + day,
                "/api/v1/devices/d2/readings?order=desc&metrics=n,mode&" + day,
                "/api/v1/devices/d1/readings?layout=columns&ts=epoch&" + day,
                "/api/v1/devices/d1/readings/aggregate?every=5m&fn=avg,min,max,count,first,last,p95&metrics=n,t&" + day,
                "/api/v1/devices/d1/readings/aggregate?every=1d&fn=sum,stddev&tz=Europe/Berlin&fill=null&metrics=n&"
                        + day,
                "/api/v1/readings/aggregate?ids=d1,d2,d3&every=10m&fn=avg&metrics=t&" + day,
                "/api/v1/devices/d1/readings/latest",
                "/api/v1/readings/latest?ids=d3,unknown,d1",
                "/api/v1/readings/latest",
                "/api/v1/devices",
                "/api/v1/devices/unknown",
                "/api/v1/devices/line/readings?" + day,
                "/api/v1/devices/single/readings?" + day,
                "/api/v1/export?format=csv&ids=d1,d2&" + day,
                "/prometheus/api/v1/query_range?query=" + "avg(n)" + "&step=600&start=" + START.getEpochSecond()
                        + "&end=" + START.plusSeconds(3600).getEpochSecond())) {
            answers.add(both("GET", path, null, null));
        }
        String pages = "/api/v1/devices/d3/readings?limit=70&" + day;
        List<List<String>> ofEach = new ArrayList<>();
        for (HearthProcess engine : engines) {
            ofEach.add(pagesOf(engine, pages));
        }
        assertThat(ofEach.get(1)).as(pages).isEqualTo(ofEach.get(0));
        answers.addAll(ofEach.get(0));
        return answers;
    }

    private static List<String> pagesOf(HearthProcess engine, String path) throws Exception {
        List<String> readings = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page =
                    JSON.readTree(send(engine, "GET", path + cursor, null, null).body());
            page.at("/readings").forEach(reading -> readings.add(reading.toString()));
            String next = page.at("/nextCursor").asText(null);
            cursor = next == null ? "" : "&cursor=" + next;
        } while (!cursor.isEmpty());
        return readings;
    }

    /** What both answer, less what differs between any two services: cursors, and when they first saw a device. */
    private static String both(String method, String path, @Nullable String type, @Nullable String body)
            throws Exception {
        List<String> answers = new ArrayList<>();
        for (HearthProcess engine : engines) {
            HttpResponse<String> response = send(engine, method, path, type, body);
            answers.add(response.statusCode() + " " + plain(response));
        }
        assertThat(answers.get(1)).as(path).isEqualTo(answers.get(0));
        assertThat(answers.get(0)).as(path).doesNotStartWith("5");
        return answers.get(0);
    }

    private static String plain(HttpResponse<String> response) throws IOException {
        String type = response.headers().firstValue("Content-Type").orElse("");
        if (!type.contains("json") || type.contains("ndjson")) {
            return response.body();
        }
        JsonNode tree = JSON.readTree(response.body());
        strip(tree);
        return tree.toString();
    }

    private static void strip(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.remove(List.of("nextCursor", "firstSeen", "seconds", "bytesBefore", "bytesAfter"));
        }
        node.forEach(EnginesIT::strip);
    }

    private static HttpResponse<String> send(
            HearthProcess engine, String method, String path, @Nullable String type, @Nullable String body)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(engine.httpUri().resolve(path))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", "Bearer " + engine.adminToken())
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (type != null) {
            request.header("Content-Type", type);
        }
        return CLIENT.send(request.build(), BodyHandlers.ofString(UTF_8));
    }
}
