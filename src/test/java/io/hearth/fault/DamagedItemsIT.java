package io.hearth.fault;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.HearthProcess;
import io.hearth.series.item.StoredRun;
import io.hearth.table.Bytes;
import io.hearth.table.CommitListener;
import io.hearth.table.Item;
import io.hearth.table.Scan;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A chunk of one device and a run of another one are damaged within sound files of the table: on every way out, an answer that
 * needs one of them is refused and names it, and everything else is answered whole.
 */
class DamagedItemsIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Instant TODAY = Instant.now().truncatedTo(ChronoUnit.DAYS);
    private static final Instant DAMAGED_DAY = TODAY.minus(Duration.ofDays(3));
    private static final Instant SOUND_DAY = TODAY.minus(Duration.ofDays(2));
    private static final Instant OPEN_TIME = Instant.now().minusSeconds(60);
    private static final int READINGS_A_DAY = 100;

    @TempDir
    private static Path directory;

    private static HearthProcess hearth;

    @BeforeAll
    static void startWithDamage() throws Exception {
        hearth = HearthProcess.start(directory, Map.of("HEARTH_SERIES_SEAL_INTERVAL", "1d"));
        try {
            for (String device : List.of("chunk", "run", "whole")) {
                append(device, DAMAGED_DAY, READINGS_A_DAY);
                append(device, SOUND_DAY, READINGS_A_DAY);
            }
            assertThat(hearth.client().post("/api/v1/maintenance:seal").statusCode())
                    .isEqualTo(200);
            for (String device : List.of("run", "whole")) {
                append(device, OPEN_TIME, 1);
            }
            hearth.terminate();
            hearth.awaitExit();
            damage();
            hearth = hearth.startAgain();
        } catch (Exception | AssertionError e) {
            hearth.kill();
            throw e;
        }
    }

    @AfterAll
    static void stop() {
        hearth.close();
    }

    private static void append(String device, Instant from, int count) throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < count; i++) {
            lines.append("{\"device\":\"%s\",\"ts\":\"%s\",\"values\":{\"a\":%d}}\n"
                    .formatted(device, from.plusSeconds(60L * i), i));
        }
        HttpResponse<String> answer =
                hearth.client().post("/api/v1/readings:batch", "application/x-ndjson", lines.toString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    /** What the files of the table do not show: their checksums are of the damaged items. */
    private static void damage() {
        RocksDbSettings settings = RocksDbSettings.of(directory.resolve("data/table"));
        try (RocksDbTable table = RocksDbTable.open(settings, Clock.systemUTC(), CommitListener.NONE)) {
            List<Item> items = table.scan(new Scan(0, 1, 1000, null))
                    .await()
                    .indefinitely()
                    .items();
            Item chunk = items.stream()
                    .filter(item -> item.key().partitionKey().equals("chunk") && StoredRun.isChunk(item.key()))
                    .findFirst()
                    .orElseThrow();
            byte[] flipped = chunk.body().array().clone();
            flipped[flipped.length / 2] ^= 8;
            replace(table, chunk, flipped);
            Item run = items.stream()
                    .filter(item -> item.key().partitionKey().equals("run") && StoredRun.isRun(item.key()))
                    .findFirst()
                    .orElseThrow();
            replace(table, run, Arrays.copyOf(run.body().array(), run.body().length() - 1));
        }
    }

    private static void replace(RocksDbTable table, Item item, byte[] body) {
        Item damaged = new Item(item.key(), Bytes.wrap(body), item.expiresAtSeconds(), item.version(), item.index());
        table.replace(item.key().partitionKey(), List.of(damaged), List.of())
                .await()
                .indefinitely();
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, UTF_8);
    }

    private static String allTime() {
        return "from=" + DAMAGED_DAY + "&to=" + TODAY.plus(Duration.ofDays(1));
    }

    private static String allTimeOfPrometheus() {
        return "start=" + DAMAGED_DAY.getEpochSecond() + "&end=" + Instant.now().getEpochSecond() + "&step=3600";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/devices/chunk/readings?",
                "/api/v1/devices/chunk/readings?layout=columns&",
                "/api/v1/devices/chunk/readings/aggregate?every=1d&fn=count&",
                "/api/v1/devices/chunk/readings/aggregate?every=1h&fn=last&",
                "/api/v1/readings/aggregate?every=1d&fn=count&groupBy=device&",
                "/api/v1/export?format=ndjson&",
                "/api/v1/export?format=csv&",
                "/api/v1/export?format=parquet&",
            })
    void wayThatNeedsTheDamagedChunk_refusesByName(String path) throws Exception {
        assertThat(damageNamedBy(path + allTime())).contains("device chunk from " + DAMAGED_DAY + " on is corrupt");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/devices/run/readings?",
                "/api/v1/devices/run/readings?order=desc&limit=1&",
                "/api/v1/devices/run/readings/aggregate?every=1d&fn=count&",
                "/api/v1/devices/run/readings/latest?",
                "/api/v1/readings/latest?",
                "/api/v1/export?ids=run&format=ndjson&",
            })
    void wayThatNeedsTheDamagedRun_refusesByName(String path) throws Exception {
        String query = path.contains("latest") ? "" : allTime();
        assertThat(damageNamedBy(path + query))
                .contains("run of device run from ")
                .contains(" on is corrupt");
    }

    private static String damageNamedBy(String path) throws Exception {
        HttpResponse<String> answer = hearth.client().get(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(500);
        JsonNode problem = JSON.readTree(answer.body());
        assertThat(problem.path("type").asText()).isEqualTo("urn:hearth:problem:damaged-data");
        return problem.path("detail").asText();
    }

    @Test
    void prometheusQuery_thatNeedsSomethingDamaged_refusesByName_asPrometheusDoes() throws Exception {
        HttpResponse<String> range = hearth.client()
                .get("/prometheus/api/v1/query_range?" + allTimeOfPrometheus() + "&query=" + encoded("sum(a)"));
        HttpResponse<String> instant = hearth.client().get("/prometheus/api/v1/query?query=a");

        assertThat(range.statusCode()).as(range.body()).isEqualTo(500);
        assertThat(JSON.readTree(range.body()).path("errorType").asText()).isEqualTo("internal");
        assertThat(JSON.readTree(range.body()).path("error").asText())
                .contains("device chunk from " + DAMAGED_DAY + " on is corrupt");
        assertThat(instant.statusCode()).as(instant.body()).isEqualTo(500);
        assertThat(JSON.readTree(instant.body()).path("error").asText()).contains("run of device run from ");
    }

    @Test
    void readings_thatAreNotDamaged_areAnsweredWhole() throws Exception {
        String soundDay = "from=" + SOUND_DAY + "&to=" + TODAY.minus(Duration.ofDays(1));
        String sealed = "from=" + DAMAGED_DAY + "&to=" + TODAY.minus(Duration.ofDays(1));

        assertThat(readings("/api/v1/devices/chunk/readings?" + soundDay)).isEqualTo(READINGS_A_DAY);
        assertThat(readings("/api/v1/devices/run/readings?" + sealed)).isEqualTo(2 * READINGS_A_DAY);
        assertThat(readings("/api/v1/devices/whole/readings?" + allTime())).isEqualTo(2 * READINGS_A_DAY + 1);
        assertThat(hearth.client()
                        .json("/api/v1/devices/chunk/readings/latest")
                        .at("/latest/a/value")
                        .asInt())
                .isEqualTo(READINGS_A_DAY - 1);
        assertThat(hearth.client()
                        .get("/api/v1/export?ids=chunk,run&format=ndjson&" + soundDay)
                        .body()
                        .lines())
                .hasSize(2 * READINGS_A_DAY);
        assertThat(hearth.client()
                        .json("/prometheus/api/v1/query_range?" + allTimeOfPrometheus() + "&query="
                                + encoded("a{device=\"whole\"}"))
                        .at("/data/result"))
                .hasSize(1);
    }

    private static int readings(String path) throws Exception {
        return hearth.client().json(path + "&limit=10000").path("readings").size();
    }

    @Test
    void peers_getWhatIsNotDamaged() throws Exception {
        List<String> lines = hearth.client()
                .get("/api/v1/sync/snapshot?segment=0&segments=1")
                .body()
                .lines()
                .toList();

        for (String device : List.of("chunk", "run", "whole")) {
            assertThat(lines).anyMatch(line -> line.contains("\"kind\":\"device\"") && line.contains(device));
        }
        assertThat(lines)
                .filteredOn(line -> line.contains("\"kind\":\"chunk\""))
                .hasSizeGreaterThanOrEqualTo(5);
    }

    @Test
    void service_thatMetDamage_isReady_andNamesItInItsLog() throws Exception {
        damageNamedBy("/api/v1/devices/chunk/readings?" + allTime());

        assertThat(hearth.client().ready()).isEqualTo(200);
        assertThat(hearth.log()).contains("a request met damaged data: the chunk of device chunk from " + DAMAGED_DAY);
    }
}
