package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.HearthProcess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers that hold what they find in memory: they share what all queries may hold, wait for it, and are refused or end. */
class AnswerLimitsIT extends RestFixture {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String DEVICE = "held";

    /** 100,000 buckets of one metric: about 9 MB are held, and more than the buffers of a connection are written. */
    private static final String LARGE = "readings/aggregate?from=2026-01-01T00:00:00Z&to=2026-01-02T03:46:40Z&every=1s"
            + "&metrics=n&fill=null&fn=avg,min,max,sum,count,stddev";

    private static final String OF_DEVICE = "/api/v1/devices/" + DEVICE + "/" + LARGE;

    @BeforeAll
    static void start() {
        hearth = HearthProcess.start(Map.of(
                "HEARTH_LIMITS_QUERIES", "2",
                "HEARTH_LIMITS_QUERY_BYTES", "12M",
                "HEARTH_LIMITS_QUERY_WAIT", "1s"));
    }

    @BeforeAll
    static void store() throws Exception {
        storeRamp(DEVICE, 3);
        // The metrics of queries are there from the first one on.
        json(get("/api/v1/readings/latest?ids=" + DEVICE), 200);
        // 20,000 texts of 900 characters: more than 12 MB in a page of columns.
        for (int part = 0; part < 10; part++) {
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < 2000; i++) {
                lines.append(line("texts", START.plusMillis(part * 2000L + i), "\"t\":\"" + "x".repeat(900) + "\""));
            }
            assertThat(json(batch(lines.toString()), 200).at("/stored").asInt()).isEqualTo(2000);
        }
        // 1,000 metrics with 900 characters each, of 30 devices.
        for (int device = 0; device < 30; device++) {
            StringBuilder lines = new StringBuilder();
            for (int part = 0; part < 10; part++) {
                StringBuilder values = new StringBuilder();
                for (int metric = 0; metric < 100; metric++) {
                    values.append(metric == 0 ? "" : ",")
                            .append("\"m")
                            .append(part * 100 + metric)
                            .append("\":\"")
                            .append("y".repeat(900))
                            .append('"');
                }
                lines.append(line("wide" + device, START.plusSeconds(part), values.toString()));
            }
            assertThat(json(batch(lines.toString()), 200).at("/stored").asInt()).isEqualTo(10);
        }
    }

    @AfterEach
    void nothingIsHeld_whenAllHaveEnded() {
        await().atMost(LIMIT).until(() -> metric("hearth_queries_running") == 0);
        assertThat(metric("hearth_queries_held_bytes")).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/devices/" + DEVICE + "/" + LARGE + ",rate,increase,first,last",
                "/api/v1/" + LARGE + ",rate,increase,first,last",
                "/api/v1/" + LARGE + ",rate,increase,first,last&groupBy=device",
                "/api/v1/devices/texts/readings?layout=columns&limit=100000",
                "/api/v1/readings/latest?limit=1000"
            })
    void answer_thatAloneIsTooLarge_is422_andSaysWhatToAsk(String path) throws Exception {
        double before = metric("hearth_queries_refused_total{reason=\"too_large\"}");

        HttpResponse<byte[]> answer = get(path);

        assertThat(problem(answer, 422, "query-too-large").at("/detail").asText())
                .contains("12582912 bytes", "fewer devices");
        assertThat(answer.headers().firstValue("Retry-After")).isEmpty();
        assertThat(metric("hearth_queries_refused_total{reason=\"too_large\"}")).isEqualTo(before + 1);
    }

    @Test
    void smallAnswers_areGiven() throws Exception {
        assertThat(json(get("/api/v1/devices/" + DEVICE + "/readings/aggregate?from=-2h&fn=count&maxPoints=1"), 200)
                        .at("/buckets/0/n/count")
                        .asInt())
                .isEqualTo(3);
        assertThat(json(get("/api/v1/readings/aggregate?from=-2h&every=1d&fn=p50&groupBy=device&ids=" + DEVICE), 200)
                        .at("/groups"))
                .hasSize(1);
        assertThat(json(get("/api/v1/devices/" + DEVICE + "/readings?from=-2h&layout=columns"), 200)
                        .at("/readings/n"))
                .hasSize(3);
        assertThat(json(get("/api/v1/readings/latest?limit=2"), 200).at("/devices"))
                .hasSize(2);
        // An answer that is not held has no such bound.
        assertThat(get("/api/v1/devices/texts/readings").body().length).isGreaterThan(8_000_000);
    }

    /** What is left of a client that has its answer written to it and reads nothing. */
    private static Socket unread(String path) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.connect(new InetSocketAddress("127.0.0.1", hearth.httpUri().getPort()));
        socket.getOutputStream()
                .write(("GET " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + hearth.adminToken()
                                + "\r\n\r\n")
                        .getBytes(UTF_8));
        return socket;
    }

    @Test
    void answer_whileAnotherHoldsTheMemory_waits_andIs503_untilThatClientGoes() throws Exception {
        double before = metric("hearth_queries_refused_total{reason=\"memory\"}");
        try (Socket holder = unread(OF_DEVICE)) {
            await().atMost(LIMIT).until(() -> metric("hearth_queries_held_bytes") > 8_000_000);

            HttpResponse<byte[]> refused = get(OF_DEVICE);

            assertThat(problem(refused, 503, "overloaded").at("/detail").asText())
                    .contains("12582912 bytes");
            assertThat(refused.headers().firstValue("Retry-After")).contains("1");
            assertThat(metric("hearth_queries_refused_total{reason=\"memory\"}"))
                    .isEqualTo(before + 1);
            // What needs little gets it beside the other.
            json(get("/api/v1/devices/" + DEVICE + "/readings/aggregate?from=-2h"), 200);
        }
        await().atMost(LIMIT).until(() -> metric("hearth_queries_running") == 0);
        assertThat(get(OF_DEVICE).statusCode()).isEqualTo(200);
    }

    @Test
    void answer_whileAsManyRunAsMay_waits_andIs503_untilOneEnds() throws Exception {
        // Each device is written by itself, one without readings as well.
        String groups = "/api/v1/readings/aggregate?groupBy=device&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z"
                + "&every=1m&metrics=n&fill=null&fn=avg,min,max&ids="
                + IntStream.range(0, 900).mapToObj(i -> "nobody" + i).collect(Collectors.joining(","));
        double before = metric("hearth_queries_refused_total{reason=\"too_many\"}");
        Socket first = unread(groups);
        try (Socket second = unread(groups)) {
            await().atMost(LIMIT).until(() -> metric("hearth_queries_running") == 2);

            HttpResponse<byte[]> refused = get(OF_DEVICE);
            problem(refused, 503, "overloaded");
            assertThat(refused.headers().firstValue("Retry-After")).contains("1");
            problem(get("/api/v1/readings/latest"), 503, "overloaded"); // of 30 devices that are wide
            assertThat(metric("hearth_queries_refused_total{reason=\"too_many\"}"))
                    .isEqualTo(before + 2);
            // What holds nothing, or little, needs no turn.
            json(get("/api/v1/devices/" + DEVICE + "/readings/aggregate?from=-2h"), 200);
            json(get("/api/v1/readings/aggregate?from=-2h&metrics=n"), 200);
            json(get("/api/v1/readings/latest?ids=" + DEVICE), 200);
            json(get("/api/v1/devices/" + DEVICE + "/readings"), 200);
            json(get("/api/v1/devices/" + DEVICE + "/readings/latest"), 200);

            first.close();
            await().atMost(LIMIT).until(() -> metric("hearth_queries_running") == 1);
            assertThat(get(OF_DEVICE).statusCode()).isEqualTo(200);
        } finally {
            first.close();
        }
    }

    private static double metric(String name) {
        try {
            Matcher matcher =
                    Pattern.compile("(?m)^" + Pattern.quote(name) + " (\\S+)$").matcher(text(get("/q/metrics")));
            assertThat(matcher.find()).as(name).isTrue();
            return Double.parseDouble(matcher.group(1));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
