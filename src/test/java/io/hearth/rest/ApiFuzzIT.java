package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.hearth.HearthClient;
import io.hearth.HearthProcess;
import io.hearth.Seed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random requests, drawn from the OpenAPI document, right and wrong: nothing fails inside, every answer is one that the document has,
 * and no connection breaks. {@code -DApiFuzzIT.requests=} says how many, {@code -DApiFuzzIT.first=} from which on.
 */
class ApiFuzzIT {
    private static final int THREADS = 4;
    private static final long REQUESTS = Long.getLong("ApiFuzzIT.requests", 5_000);
    private static final long FIRST = Long.getLong("ApiFuzzIT.first", 0);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path backups;

    /** What came out wrong, by kind: how often, and the first of it. */
    private final Map<String, Finding> findings = new TreeMap<>();

    private final Map<Integer, Long> statuses = new TreeMap<>();

    private record Finding(long count, String first) {}

    @Test
    void anyRequest_getsAnAnswerThatIsDescribed() throws Exception {
        long seed = Seed.of(ApiFuzzIT.class);
        try (HearthProcess hearth = HearthProcess.start(Map.of("HEARTH_BACKUP_DIR", backups.toString()))) {
            ApiContract contract = new ApiContract(hearth.client().json("/q/openapi?format=json"));
            RequestGenerator generator = new RequestGenerator(contract, hearth.adminToken());
            AtomicLong next = new AtomicLong(FIRST);
            ExecutorService threads = Executors.newFixedThreadPool(THREADS);
            try {
                List<Future<?>> runs = new ArrayList<>();
                for (int i = 0; i < THREADS; i++) {
                    runs.add(threads.submit(() -> {
                        run(hearth, contract, generator, seed, next);
                        return null;
                    }));
                }
                for (Future<?> run : runs) {
                    run.get();
                }
            } finally {
                threads.shutdownNow();
            }
            System.out.printf("ApiFuzzIT: %,d requests, answers by status: %s%n", REQUESTS, statuses);

            assertThat(findings)
                    .as(
                            "%s -DApiFuzzIT.requests=%d%n%s",
                            Seed.replay(ApiFuzzIT.class, seed), REQUESTS, errorsIn(hearth.log()))
                    .isEmpty();
            storesAndAnswersAGoodReading(hearth);
            assertThat(hearth.isRunning()).isTrue();
        }
    }

    private void run(HearthProcess hearth, ApiContract contract, RequestGenerator generator, long seed, AtomicLong next)
            throws IOException {
        RawConnection connection = new RawConnection(hearth.httpUri().getPort());
        try {
            for (long n = next.getAndIncrement(); n < FIRST + REQUESTS; n = next.getAndIncrement()) {
                RequestGenerator.Generated generated = generator.next(seed + n);
                if (!connection.isReusable()) {
                    connection.close();
                    connection = new RawConnection(hearth.httpUri().getPort());
                }
                try {
                    RawConnection.Answer answer = connection.exchange(
                            generated.head(),
                            generated.sentBody(),
                            generated.request().method().equals("HEAD"));
                    check(contract, n, generated, answer);
                } catch (IOException | RuntimeException e) {
                    found("no answer: " + e, n, generated, "");
                    connection.close();
                    connection = new RawConnection(hearth.httpUri().getPort());
                }
            }
        } finally {
            connection.close();
        }
    }

    private void check(
            ApiContract contract, long n, RequestGenerator.Generated generated, RawConnection.Answer answered) {
        synchronized (statuses) {
            statuses.merge(answered.status(), 1L, Long::sum);
        }
        ApiContract.Answer answer = new ApiContract.Answer(answered.status(), answered.contentType(), answered.body());
        String route = contract.route(
                        generated.request().method(), generated.request().path())
                .map(ApiContract.Route::template)
                .orElse("elsewhere");
        List<String> problems = new ArrayList<>(contract.problemsOf(generated.request(), answer));
        if (answered.status() >= 500 && answered.status() != 503) {
            problems.add("status " + answered.status());
        }
        for (String problem : problems) {
            found(
                    generated.request().method() + ' ' + route + ": "
                            + RequestGenerator.Generated.shortened(problem, 200),
                    n,
                    generated,
                    answered.status() + " " + answered.headers() + "\n"
                            + (answered.body() == null
                                    ? ""
                                    : RequestGenerator.Generated.shortened(new String(answered.body(), UTF_8), 600)));
        }
    }

    private void found(String kind, long n, RequestGenerator.Generated generated, String answer) {
        synchronized (findings) {
            Finding before = findings.get(kind);
            findings.put(
                    kind,
                    before == null
                            ? new Finding(
                                    1, "-DApiFuzzIT.first=" + n + "\n" + generated.shown() + "\n--> " + answer + "\n")
                            : new Finding(before.count + 1, before.first));
        }
    }

    /** The first errors that the service has logged, each with the beginning of its trace. */
    private static String errorsIn(String log) {
        return Pattern.compile("ERROR.*\\R(?:.*\\R){0,12}")
                .matcher(log)
                .results()
                .limit(10)
                .map(MatchResult::group)
                .collect(Collectors.joining("\n"));
    }

    private static void storesAndAnswersAGoodReading(HearthProcess hearth) throws Exception {
        HearthClient client = hearth.client();
        HearthClient.success(client.post("/api/v1/devices/good/readings", "{\"temperature\":21.5}"));
        JsonNode readings = client.json("/api/v1/devices/good/readings").at("/readings");
        assertThat(readings).hasSize(1);
        assertThat(readings.at("/0/values/temperature").asDouble()).isEqualTo(21.5);
    }
}
