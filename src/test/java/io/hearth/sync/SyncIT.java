package io.hearth.sync;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.hearth.HearthProcess;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.series.WindowDigests;
import io.hearth.shadow.StoredShadow;
import io.hearth.table.CommitListener;
import io.hearth.table.Item;
import io.hearth.table.Scan;
import io.hearth.table.Write;
import io.hearth.table.dynamodb.TestDynamoDb;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Packaged services as regions, with a network between them that is cut and healed. {@code -DSyncIT.jarOfB=} has region b run
 * another build, such as that of an earlier version.
 */
@SuppressWarnings("NullAway")
class SyncIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final String ADMIN = "an-admin-token-for-tests";
    private static final String DEVICE = "a-device-password-for-tests";
    private static final Path JAR_OF_B = Path.of(System.getProperty("SyncIT.jarOfB", HearthProcess.JAR.toString()));
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    /** A whole second of the past hour, so that readings are neither ahead of the clock nor expired. */
    private static final Instant START =
            Instant.now().truncatedTo(ChronoUnit.SECONDS).minus(1, ChronoUnit.HOURS);

    private final Map<String, HearthProcess> regions = new TreeMap<>();
    private final Map<String, Map<String, String>> environments = new HashMap<>();
    private final Map<String, CuttingProxy> links = new HashMap<>();

    @TempDir
    Path directory;

    @AfterEach
    void stop() {
        regions.values().forEach(HearthProcess::close);
        links.values().forEach(CuttingProxy::close);
    }

    /** Starts regions that all pull from each other, each link over a network of its own. */
    private void start(Map<String, Map<String, String>> settings) throws IOException {
        List<String> ids = settings.keySet().stream().sorted().toList();
        for (String from : ids) {
            for (String to : ids) {
                if (!from.equals(to)) {
                    links.put(from + to, new CuttingProxy());
                }
            }
        }
        for (String id : ids) {
            List<String> peers = new ArrayList<>();
            List<String> tokens = new ArrayList<>();
            for (String other : ids) {
                if (!other.equals(id)) {
                    peers.add(other + "=" + links.get(id + other).uri());
                    tokens.add(other + "=" + syncToken(other));
                }
            }
            Map<String, String> environment = new HashMap<>(settings.get(id));
            environment.put("HEARTH_REGION", id);
            environment.put("HEARTH_ADMIN_TOKEN", ADMIN);
            environment.put("HEARTH_DEVICE_PASSWORD", DEVICE);
            environment.put("HEARTH_SYNC_TOKEN", syncToken(id));
            environment.put("HEARTH_SYNC_PEERS", String.join(",", peers));
            environment.put("HEARTH_SYNC_PEER_TOKENS", String.join(",", tokens));
            environments.put(id, environment);
            start(id);
        }
    }

    private void start(String id) throws IOException {
        Path home = Files.createDirectories(directory.resolve(id));
        HearthProcess process =
                HearthProcess.start(home, environments.get(id), id.equals("b") ? JAR_OF_B : HearthProcess.JAR);
        regions.put(id, process);
        links.forEach((link, proxy) -> {
            if (link.endsWith(id)) {
                proxy.forwardTo(process.httpUri().getPort());
            }
        });
    }

    private static String syncToken(String region) {
        return "sync-token-of-region-" + region;
    }

    @Test
    void regions_thatWroteWhileCutOff_answerAlikeAfterwards() throws Exception {
        start(Map.of("a", Map.of(), "b", Map.of(), "c", Map.of()));
        post("a", "lamp", reading(0, "\"on\":true,\"level\":1"));
        post("a", "heater", reading(0, "\"t\":20"));
        awaitAlike("lamp", "heater");
        links.values().forEach(CuttingProxy::cut);

        for (String id : regions.keySet()) {
            int mine = id.charAt(0) - 'a';
            for (int i = 0; i < 30; i++) {
                // All regions write the same device at the same times, and each some of its own.
                post(id, "lamp", reading(i, "\"level\":" + (100 * mine + i)));
                post(id, "lamp", reading(100 + 3 * i + mine, "\"" + id + "\":" + i));
            }
            post(id, "only-" + id, reading(1, "\"text\":\"\\u00e9 \\\"quoted\\\"\",\"x\":0.1"));
            updateShadow(id, "lamp", "{\"state\":{\"desired\":{\"" + id + "\":" + mine + ",\"same\":\"" + id + "\"}}}");
        }
        delete("b", "/api/v1/devices/lamp/readings?from=" + START + "&to=" + START.plusSeconds(10));
        delete("c", "/api/v1/devices/heater");
        links.values().forEach(CuttingProxy::heal);

        awaitAlike("lamp", "heater", "only-a", "only-b", "only-c");
        // c was the last to write at the times that all wrote, and then b erased the first ten seconds.
        Map<Instant, String> lamp = new TreeMap<>();
        for (int i = 0; i < 30; i++) {
            if (i >= 10) {
                lamp.put(START.plusSeconds(i), "{\"level\":" + (200 + i) + "}");
            }
            for (String id : regions.keySet()) {
                lamp.put(START.plusSeconds(100 + 3 * i + id.charAt(0) - 'a'), "{\"" + id + "\":" + i + "}");
            }
        }
        assertThat(readings("a", "lamp")).isEqualTo(lamp);
        for (String id : regions.keySet()) {
            assertThat(readings("a", "only-" + id))
                    .isEqualTo(Map.of(START.plusSeconds(1), "{\"text\":\"é \\\"quoted\\\"\",\"x\":0.1}"));
        }
        assertThat(get("b", "/api/v1/devices/heater").statusCode()).isEqualTo(404);
        JsonNode desired = shadows("b").get(0).path("shadow").path("state").path("desired");
        assertThat(desired.path("a").asInt(-1)).isZero();
        assertThat(desired.path("b").asInt()).isEqualTo(1);
        assertThat(desired.path("c").asInt()).isEqualTo(2);
        assertThat(desired.path("same").asText())
                .as("c was the last to write it")
                .isEqualTo("c");
        JsonNode status = JSON.readTree(answer("a", "/api/v1/sync/status"));
        for (JsonNode peer : status.path("peers")) {
            assertThat(peer.path("state").asText()).isEqualTo("following");
            assertThat(peer.path("lagRecords").asLong()).isZero();
            assertThat(peer.path("conflicts").asLong()).isPositive();
            assertThat(peer.path("errors").asLong()).isPositive();
        }
        // A sync token is good for reading what sync tells, and nothing else.
        assertThat(get("a", "/api/v1/sync/changes", syncToken("a")).statusCode())
                .isEqualTo(200);
        assertThat(get("a", "/api/v1/devices", syncToken("a")).statusCode()).isEqualTo(401);
        assertThat(get("a", "/api/v1/sync/peers", syncToken("a")).statusCode()).isEqualTo(401);
        assertThat(get("a", "/api/v1/sync/changes", syncToken("b")).statusCode())
                .isEqualTo(401);

        rebuild("c", lamp);
    }

    /** The readings of a device that a region answers: the values by time. */
    private Map<Instant, String> readings(String id, String device) throws Exception {
        Map<Instant, String> readings = new TreeMap<>();
        String path = "/api/v1/devices/" + device + "/readings?limit=10000&from=" + START + "&to=now";
        for (JsonNode reading : JSON.readTree(answer(id, path)).path("readings")) {
            readings.put(
                    Instant.parse(reading.path("ts").asText()),
                    reading.path("values").toString());
        }
        return readings;
    }

    /** A region that lost everything takes it over from the others, which are written to meanwhile, as it is itself. */
    private void rebuild(String id, Map<Instant, String> lamp) throws Exception {
        regions.get(id).close();
        start(id);
        for (int i = 0; i < 20; i++) {
            post("a", "lamp", reading(1000 + i, "\"level\":" + i));
            post(id, "lamp", reading(1100 + i, "\"level\":" + i));
            lamp.put(START.plusSeconds(1000 + i), "{\"level\":" + i + "}");
            lamp.put(START.plusSeconds(1100 + i), "{\"level\":" + i + "}");
        }
        awaitAlike("lamp", "only-a", "only-b", "only-c");
        assertThat(readings(id, "lamp")).isEqualTo(lamp);
    }

    @Test
    void engines_ofAllKinds_convergeAndKeepPeersThatWereAdded() throws Exception {
        start(Map.of(
                "a",
                Map.of(),
                "b",
                Map.of("HEARTH_TABLE_ENGINE", "memory"),
                "c",
                TestDynamoDb.get().environment()));
        for (String id : List.of("a", "b", "c")) {
            for (int i = 0; i < 10; i++) {
                post(id, "lamp", reading(i, "\"level\":" + (id.charAt(0) + i)));
                post(id, "of-" + id, reading(i, "\"level\":" + i));
            }
            updateShadow(id, "lamp", "{\"state\":{\"reported\":{\"" + id + "\":true}}}");
        }
        delete("c", "/api/v1/devices/of-a/readings?from=" + START + "&to=" + START.plusSeconds(5));

        awaitAlike("lamp", "of-a", "of-b", "of-c");
        Map<Instant, String> lamp = new TreeMap<>();
        Map<Instant, String> each = new TreeMap<>();
        for (int i = 0; i < 10; i++) {
            lamp.put(START.plusSeconds(i), "{\"level\":" + ('c' + i) + "}");
            each.put(START.plusSeconds(i), "{\"level\":" + i + "}");
        }
        assertThat(readings("b", "lamp")).as("c was the last to write").isEqualTo(lamp);
        assertThat(readings("b", "of-c")).isEqualTo(each);
        each.keySet().removeIf(time -> time.isBefore(START.plusSeconds(5)));
        assertThat(readings("b", "of-a")).as("c has erased five of ten").isEqualTo(each);
        JsonNode reported = shadows("b").get(0).path("shadow").path("state").path("reported");
        assertThat(reported.fieldNames()).toIterable().containsExactlyInAnyOrder("a", "b", "c");

        String added = "{\"id\":\"d\",\"url\":\"http://127.0.0.1:1\",\"token\":\"t\"}";
        assertThat(send("a", "POST", "/api/v1/sync/peers", added).statusCode()).isEqualTo(201);
        assertThat(send("a", "POST", "/api/v1/sync/peers", added).statusCode()).isEqualTo(200);
        assertThat(send("a", "POST", "/api/v1/sync/peers", "{\"id\":\"a\",\"url\":\"x\"}")
                        .statusCode())
                .isEqualTo(400);
        regions.get("a").kill();
        start("a");
        assertThat(answer("a", "/api/v1/sync/peers")).contains("\"d\"").doesNotContain("token");
        assertThat(send("a", "DELETE", "/api/v1/sync/peers/d", "").statusCode()).isEqualTo(204);
        assertThat(send("a", "DELETE", "/api/v1/sync/peers/d", "").statusCode()).isEqualTo(404);
        assertThat(answer("a", "/api/v1/sync/peers")).doesNotContain("\"d\"");
    }

    @Test
    void verify_afterARegionLostReadingsAndAShadow_namesAndRepairsThem() throws Exception {
        start(Map.of("a", Map.of(), "b", Map.of()));
        Instant day = START.minus(2, ChronoUnit.DAYS).truncatedTo(ChronoUnit.DAYS);
        for (int hour = 0; hour < 24; hour++) {
            Instant time = day.plus(hour, ChronoUnit.HOURS);
            post("a", "lamp", "{\"ts\":\"" + time + "\",\"values\":{\"level\":" + hour + "}}");
        }
        post("a", "lamp", reading(0, "\"level\":100"));
        updateShadow("a", "lamp", "{\"state\":{\"desired\":{\"level\":5}}}");
        updateShadow("a", "lamp", "/name/night", "{\"state\":{\"desired\":{\"level\":1}}}");
        Instant deadline = Instant.now().plus(PATIENCE);
        while (shadows("b").size() < 2 && Instant.now().isBefore(deadline)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        awaitAlike("lamp");
        String readings = "/api/v1/devices/lamp/readings?limit=10000&from=" + day + "&to=now";
        String whole = answer("a", readings);
        assertThat(answer("b", readings)).isEqualTo(whole);

        regions.get("b").stop();
        loseAndPassInTheFeed("b", "a", "lamp", day);
        start("b");
        awaitFollowing("b");
        assertThat(answer("b", readings)).isNotEqualTo(whole);
        assertThat(shadows("b")).isEmpty();

        HttpResponse<String> verified = send("b", "POST", "/api/v1/sync/peers/a:verify", "");

        assertThat(verified.statusCode()).as(verified.body()).isEqualTo(200);
        JsonNode report = JSON.readTree(verified.body());
        assertThat(report.path("differing").asInt()).isEqualTo(1);
        assertThat(report.path("repaired").asInt()).isEqualTo(1);
        JsonNode difference = report.path("differences").path(0);
        assertThat(difference.path("device").asText()).isEqualTo("lamp");
        assertThat(Instant.parse(difference.path("day").asText())).isEqualTo(day);
        assertThat(difference.path("repaired").asBoolean()).isTrue();
        JsonNode shadows = report.path("shadows").path("differences");
        assertThat(shadows.findValuesAsText("thing")).containsExactly("lamp", "lamp");
        assertThat(shadows.findValuesAsText("name")).containsExactlyInAnyOrder("", "night");
        assertThat(shadows.findValuesAsText("repaired")).containsExactly("true", "true");
        assertThat(answer("b", readings)).isEqualTo(whole);
        awaitAlike("lamp");
        JsonNode again = JSON.readTree(
                send("b", "POST", "/api/v1/sync/peers/a:verify", "").body());
        assertThat(again.path("differing").asInt(-1)).isZero();
        assertThat(again.path("shadows").path("compared").asInt()).isEqualTo(2);
        assertThat(again.path("shadows").path("differing").asInt(-1)).isZero();
        JsonNode peer =
                JSON.readTree(answer("b", "/api/v1/sync/status")).path("peers").path(0);
        assertThat(peer.path("differing").asInt()).isEqualTo(1);
        assertThat(send("b", "POST", "/api/v1/sync/peers/nobody:verify", "").statusCode())
                .isEqualTo(404);
    }

    /** As a broken disk would, but in the table of a region that is down; and its place in the feed is behind all of it. */
    private void loseAndPassInTheFeed(String id, String peer, String device, Instant day) throws Exception {
        // Nothing has changed since, so there is but the line that says where to go on.
        String place = JSON.readTree(answer(peer, "/api/v1/sync/changes?after=now"))
                .path("after")
                .asText();
        RocksDbSettings settings = new RocksDbSettings(
                directory.resolve(id).resolve("data").resolve("table"),
                true,
                Duration.ofHours(1),
                Duration.ZERO,
                4 << 20,
                4 << 20,
                64 << 20);
        try (RocksDbTable table = RocksDbTable.open(settings, InstantSource.system(), CommitListener.NONE)) {
            SyncItems items = new SyncItems(table);
            RegionId from = new RegionId(peer);
            items.save(from, items.checkpoint(from).orElseThrow().withChanges(place));
            List<Write> lost = new ArrayList<>();
            lost.add(new Write.Delete(WindowDigests.stored(table, new DeviceId(device), EpochMicros.of(day))
                    .get(0)
                    .key()));
            table.scan(new Scan(0, 1, 1000, null)).await().indefinitely().items().stream()
                    .map(Item::key)
                    .filter(StoredShadow::isShadow)
                    .forEach(key -> lost.add(new Write.Delete(key)));
            assertThat(lost).hasSize(3);
            table.write(lost).await().indefinitely();
        }
    }

    private void awaitFollowing(String id) throws Exception {
        Instant deadline = Instant.now().plus(PATIENCE);
        String status = answer(id, "/api/v1/sync/status");
        while (!status.contains("\"following\"")) {
            assertThat(Instant.now()).as(status).isBefore(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            status = answer(id, "/api/v1/sync/status");
        }
    }

    private static String reading(int second, String values) {
        return "{\"ts\":\"" + START.plusSeconds(second) + "\",\"values\":{" + values + "}}";
    }

    private void awaitAlike(String... devices) throws Exception {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (true) {
            List<String> first = everything("a", devices);
            List<List<String>> others = new ArrayList<>();
            for (String id : regions.keySet()) {
                others.add(everything(id, devices));
            }
            if (others.stream().allMatch(first::equals)) {
                return;
            }
            if (Instant.now().isAfter(deadline)) {
                assertThat(others).allSatisfy(other -> assertThat(other).isEqualTo(first));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    /** What a region answers, byte for byte but for the version of shadows, which counts the changes of a region. */
    private List<String> everything(String id, String... devices) throws Exception {
        List<String> answers = new ArrayList<>();
        answers.add(answer(id, "/api/v1/devices"));
        for (String device : devices) {
            answers.add(answer(id, "/api/v1/devices/" + device + "/readings?limit=10000&from=" + START + "&to=now"));
            answers.add(answer(id, "/api/v1/devices/" + device + "/readings/latest"));
            answers.add(answer(
                    id,
                    "/api/v1/devices/" + device + "/readings/aggregate?every=1m&fn=avg,count,last&from=" + START
                            + "&to=" + START.plusSeconds(3000)));
        }
        shadows(id).forEach(shadow -> {
            ((ObjectNode) shadow.path("shadow")).remove(List.of("version", "timestamp"));
            answers.add(shadow.toString());
        });
        return answers;
    }

    private List<JsonNode> shadows(String id) throws Exception {
        List<JsonNode> shadows = new ArrayList<>();
        for (String line : answer(id, "/api/v1/sync/snapshot?segment=0&segments=1&form=json")
                .split("\n")) {
            JsonNode record = JSON.readTree(line);
            if (record.path("kind").asText().equals("shadow")
                    && record.path("shadow").isObject()) {
                shadows.add(record);
            }
        }
        return shadows;
    }

    private void post(String id, String device, String body) throws Exception {
        assertThat(send(id, "POST", "/api/v1/devices/" + device + "/readings", body)
                        .statusCode())
                .isEqualTo(200);
    }

    private void delete(String id, String path) throws Exception {
        assertThat(send(id, "DELETE", path, "").statusCode()).isEqualTo(204);
    }

    private String answer(String id, String path) throws Exception {
        return get(id, path).body();
    }

    private HttpResponse<String> get(String id, String path) throws Exception {
        return get(id, path, ADMIN);
    }

    private HttpResponse<String> get(String id, String path, String token) throws Exception {
        URI uri = regions.get(id).httpUri().resolve(path);
        return CLIENT.send(
                HttpRequest.newBuilder(uri)
                        .header("Authorization", "Bearer " + token)
                        .build(),
                HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    private HttpResponse<String> send(String id, String method, String path, String body) throws Exception {
        URI uri = regions.get(id).httpUri().resolve(path);
        return CLIENT.send(
                HttpRequest.newBuilder(uri)
                        .header("Authorization", "Bearer " + ADMIN)
                        .header("Content-Type", "application/json")
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    private void updateShadow(String id, String thing, String body) throws Exception {
        updateShadow(id, thing, "", body);
    }

    private void updateShadow(String id, String thing, String shadow, String body) throws Exception {
        String broker = "tcp://127.0.0.1:" + regions.get(id).mqttPort();
        MqttClient client = new MqttClient(broker, thing, new MemoryPersistence());
        try {
            MqttConnectionOptions options = new MqttConnectionOptions();
            options.setUserName(thing);
            options.setPassword(DEVICE.getBytes(StandardCharsets.UTF_8));
            client.connect(options);
            client.publish(
                    "$aws/things/" + thing + "/shadow" + shadow + "/update",
                    body.getBytes(StandardCharsets.UTF_8),
                    1,
                    false);
            client.disconnect();
        } finally {
            client.close();
        }
    }
}
