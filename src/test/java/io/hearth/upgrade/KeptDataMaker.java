package io.hearth.upgrade;

import static io.hearth.upgrade.KeptQuestions.day;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.hearth.FileTrees;
import io.hearth.HearthClient;
import io.hearth.HearthCommand;
import io.hearth.HearthProcess;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.jspecify.annotations.Nullable;

/**
 * Makes what {@link UpgradeIT} opens: has the packaged service of an earlier commit write a data directory and a backup with
 * everything that it can store, kills it, asks it again after a restart, and packs data, backup, answers and the lines that it
 * gives to other regions into one file. How to run it is in {@code src/test/resources/kept/README.md}.
 */
public final class KeptDataMaker {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String NDJSON = "application/x-ndjson";

    /** Long enough that nothing expires while the data is kept. */
    private static final String EVER = "36500d";

    /** Settings of the region that is kept; {@link UpgradeIT} opens its data with the same. */
    static final Map<String, String> SETTINGS = Map.ofEntries(
            Map.entry("HEARTH_REGION", "home"),
            Map.entry("HEARTH_RETENTION", EVER),
            Map.entry("HEARTH_SERIES_SEAL", "off"),
            Map.entry(
                    "HEARTH_SERIES_ROLLUPS",
                    "meter-*/energy* = 15m for ever, 1d for ever; */battery = none; 1h for ever, 1d for ever"),
            Map.entry("HEARTH_SERIES_ROLLUP_ZONE", "Europe/Berlin"),
            Map.entry("HEARTH_SHADOW_KEPT_AFTER_DELETE", EVER),
            Map.entry("HEARTH_SHADOW_HISTORY_RETENTION", EVER),
            Map.entry("HEARTH_INGEST_DEAD_LETTER_RETENTION", EVER),
            Map.entry("HEARTH_INGEST_REDELIVERY_WINDOW", EVER),
            Map.entry("HEARTH_TABLE_CHANGE_RETENTION", "3650d"),
            Map.entry("HEARTH_SYNC_VERIFY_INTERVAL", "0s"),
            Map.entry("HEARTH_SYNC_TOKEN", "what-peers-show-to-home"),
            Map.entry("HEARTH_BACKUP_INTERVAL", "0s"),
            Map.entry("HEARTH_BACKUP_LOG_INTERVAL", "200ms"),
            Map.entry("HEARTH_BACKUP_WINDOW", EVER));

    private static final int MANY_METRICS = 120;

    private final Path work;
    private final Path kept;

    private KeptDataMaker(Path work) throws IOException {
        this.work = work;
        this.kept = Files.createDirectories(work.resolve("kept"));
    }

    /**
     * Makes the file.
     *
     * @param arguments an empty directory to work in, the file to write, and, for rollups whose readings have expired, the
     *     library of faketime, with which the service is started once as if it were two months ago
     */
    public static void main(String[] arguments) throws Exception {
        KeptDataMaker maker = new KeptDataMaker(Path.of(arguments[0]).toAbsolutePath());
        maker.writeExpired(arguments[2]);
        maker.writeAll();
        maker.record();
        zip(maker.kept, Path.of(arguments[1]));
    }

    /** Readings of two days that were sealed and rolled up two months ago, and have expired since. */
    private void writeExpired(String faketime) throws Exception {
        Map<String, String> environment = new HashMap<>(SETTINGS);
        environment.put("HEARTH_RETENTION", "2d");
        environment.put("LD_PRELOAD", faketime);
        environment.put("FAKETIME", "-60d");
        environment.put("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        HearthProcess hearth = HearthProcess.start(Files.createDirectories(work.resolve("home")), environment);
        try {
            HearthClient home = hearth.client();
            Instant day = Instant.now()
                    .minus(60, ChronoUnit.DAYS)
                    .truncatedTo(ChronoUnit.DAYS)
                    .minus(1, ChronoUnit.DAYS);
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < 96; i++) {
                lines.append(line("meter-old", day.plusSeconds(900L * i), "{\"energy\":" + i * 0.25 + ",\"power\":1}"));
            }
            ok(home.post("/api/v1/readings:batch", NDJSON, lines.toString()));
            seal(home);
        } finally {
            hearth.stop();
        }
    }

    private void writeAll() throws Exception {
        Map<String, String> environment = new HashMap<>(SETTINGS);
        environment.put("HEARTH_BACKUP_DIR", work.resolve("backup").toString());
        HearthProcess hearth = HearthProcess.start(work.resolve("home"), environment);
        List<MqttClient> connected = new ArrayList<>();
        try {
            HearthClient home = hearth.client();
            writeReadings(home);
            seal(home);
            writeLateAndErase(home);
            writeShadows(home);
            publish(hearth, connected);
            syncWithOthers(home);
            // The first backup; readings behind it; an instant; more readings; the second backup; the last readings.
            ok(home.post("/api/v1/backups"));
            ok(home.post("/api/v1/readings:batch", NDJSON, line("cellar", day(5, 600), "{\"backup\":1}")));
            Instant until = awaitShipped(home);
            ok(home.post("/api/v1/readings:batch", NDJSON, line("cellar", day(5, 601), "{\"backup\":2}")));
            ok(home.post("/api/v1/backups"));
            ok(home.post("/api/v1/readings:batch", NDJSON, line("cellar", day(5, 602), "{\"backup\":3}")));
            awaitShipped(home);
            Files.writeString(kept.resolve("until"), until.toString());
        } finally {
            hearth.kill();
            for (MqttClient client : connected) {
                client.disconnectForcibly(0, 0, false);
                client.close(true);
            }
        }
        FileTrees.copy(work.resolve("home/data"), kept.resolve("data"));
        FileTrees.copy(work.resolve("backup"), kept.resolve("backup"));
        // Every service makes its own, and RocksDB's notes say nothing that is needed.
        deleteTree(kept.resolve("data/secrets"));
        for (String note : List.of("LOG", "LOCK")) {
            Files.deleteIfExists(kept.resolve("data/table").resolve(note));
        }
        try (Stream<Path> files = Files.list(kept.resolve("data/table"))) {
            for (Path old : files.filter(file -> file.getFileName().toString().startsWith("LOG.old"))
                    .toList()) {
                Files.delete(old);
            }
        }
    }

    private static void writeReadings(HearthClient home) throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 4 * 288; i++) {
            Instant time = day(0, 300L * i);
            lines.append(line(
                    "kitchen",
                    time,
                    "{\"temperature\":" + (18 + i % 37 / 10.0) + ",\"motion\":" + (i % 7 == 0) + ",\"mode\":\""
                            + (i % 288 < 100 ? "night" : "day") + "\",\"air\":{\"co2\":" + (400 + i * 7 % 600)
                            + ",\"quality\":{\"voc\":" + i * 31 % 1000 / 1e3 + "}},\"battery\":" + (100 - i / 20)
                            + "}"));
        }
        for (int i = 0; i < 4 * 96; i++) {
            // The counter begins anew in the third day.
            lines.append(line(
                    "meter-1",
                    day(0, 900L * i),
                    "{\"energy\":" + (i < 250 ? 1000.5 + i : i - 250) + ",\"power\":" + Math.sqrt(i) + "}"));
        }
        for (int i = 0; i < 17_000; i++) {
            lines.append(line("fast", day(1, 4L * i), "{\"level\":" + i % 50 + "}"));
        }
        for (int i = 0; i < 12; i++) {
            StringBuilder values = new StringBuilder("{");
            for (int metric = 0; metric < MANY_METRICS; metric++) {
                values.append(metric == 0 ? "" : ",")
                        .append("\"m")
                        .append(metric)
                        .append("\":")
                        .append(metric + i);
            }
            lines.append(line("station", day(2, 3600L * i), values.append('}').toString()));
        }
        lines.append(line("porch", day(3, 5), "{\"lux\":812,\"rain\":false,\"note\":\"é \\\"quoted\\\"\\n€\"}"));
        lines.append(line("guest", day(3, 10), "{\"door\":true}"));
        lines.append("{\"device\":\"numbers\",\"ts\":").append(day(3, 0).getEpochSecond());
        lines.append(
                ",\"values\":{\"tiny\":4.9e-324,\"huge\":1.7976931348623157e308,\"minus\":-0.1,\"whole\":9007199254740993}}\n");
        lines.append("{\"device\":\"numbers\",\"ts\":\"1969-12-31T23:59:59.999999Z\",\"values\":{\"tiny\":1}}\n");
        ok(home.post("/api/v1/readings:batch", NDJSON, lines.toString()));
    }

    /** Runs beside chunks, later writes of sealed points, days that wait to be sealed, and erasures of all kinds. */
    private static void writeLateAndErase(HearthClient home) throws Exception {
        StringBuilder lines = new StringBuilder();
        lines.append(line("kitchen", day(0, 150), "{\"temperature\":-5,\"late\":\"beside the chunk\"}"));
        lines.append(line("kitchen", day(0, 300), "{\"temperature\":99.5}"));
        lines.append(line("meter-1", day(1, 1), "{\"energy\":1096.75}"));
        for (int i = 0; i < 100; i++) {
            lines.append(line("kitchen", day(4, 600L * i), "{\"temperature\":" + (20 + i / 100.0) + "}"));
        }
        ok(home.post("/api/v1/readings:batch", NDJSON, lines.toString()));
        ok(home.delete("/api/v1/devices/kitchen/readings?from=" + day(1, 43_200) + "&to=" + day(1, 64_800)));
        ok(home.delete("/api/v1/devices/meter-old/readings?from=1971-01-01T00:00:00Z&to=1971-01-02T00:00:00Z"));
        // What is written behind an erasure stays.
        ok(home.post(
                "/api/v1/readings:batch",
                NDJSON,
                line("kitchen", day(1, 50_000), "{\"temperature\":21.25,\"corrected\":true}")));
        patchShadow(home, "guest", "{\"desired\":{\"open\":true}}");
        ok(home.delete("/api/v1/devices/guest"));
        ok(home.post("/api/v1/readings:batch", NDJSON, line("guest", day(4, 20), "{\"door\":false}")));
    }

    private static void writeShadows(HearthClient home) throws Exception {
        for (int i = 0; i < 12; i++) {
            patchShadow(home, "lamp", "{\"desired\":{\"level\":" + i + ",\"color\":{\"r\":" + i + ",\"g\":1.50}}}");
        }
        patchShadow(home, "lamp", "{\"reported\":{\"level\":11,\"list\":[1,\"two\",{\"three\":3}]}}");
        patchShadow(home, "lamp", "{\"desired\":{\"color\":{\"g\":null}}}");
        patchShadow(home, "lamp/night", "{\"desired\":{\"on\":true},\"reported\":{\"on\":false}}");
        patchShadow(home, "lamp/night-2", "{\"desired\":null}");
        patchShadow(home, "lamp/gone", "{\"desired\":{\"on\":true}}");
        ok(home.delete("/api/v1/devices/lamp/shadow/gone"));
        patchShadow(home, "only-a-shadow", "{\"reported\":{\"version\":\"1.0\"}}");
    }

    /** Retained messages, presence of all causes, readings without times, and dead letters. */
    private static void publish(HearthProcess hearth, List<MqttClient> connected) throws Exception {
        MqttClient sensor = connect(hearth, "sensor", null);
        connected.add(sensor);
        for (int qos = 0; qos <= 2; qos++) {
            publish(sensor, "devices/sensor/telemetry", "{\"qos\":" + qos + "}", qos, false);
        }
        publish(sensor, "home/notes", "keep me", 1, true);
        publish(sensor, "home/cleared", "not me", 1, true);
        publish(sensor, "home/cleared", "", 1, true);
        publish(sensor, "devices/behind-the-gateway/status", "online", 1, true);
        publish(sensor, "devices/porch/telemetry", "{\"broken", 1, false);
        publish(sensor, "devices/porch/telemetry", "{\"ts\":\"2126-01-01T00:00:00Z\",\"values\":{\"a\":1}}", 1, false);
        publish(sensor, "devices/not a device/telemetry", "{\"a\":1}", 1, false);
        MqttClient leaving = connect(hearth, "leaving", null);
        leaving.disconnect();
        leaving.close();
        MqttClient willing = connect(hearth, "willing", "devices/willing/status");
        publish(willing, "devices/willing/status", "online", 1, true);
        willing.disconnectForcibly(0, 0, false);
        willing.close(true);
        HearthClient home = hearth.client();
        await().atMost(PATIENCE)
                .until(() -> home.json("/api/v1/devices/willing/presence")
                                .path("online")
                                .isBoolean()
                        && !home.json("/api/v1/devices/willing/presence")
                                .path("online")
                                .asBoolean());
    }

    /** Another region that writes what is written here, too, and erases; and one of a later version. */
    private void syncWithOthers(HearthClient home) throws Exception {
        Map<String, String> settings = new HashMap<>(SETTINGS);
        settings.put("HEARTH_REGION", "barn");
        settings.put("HEARTH_SYNC_TOKEN", "what-peers-show-to-barn");
        try (HearthProcess process = HearthProcess.start(settings);
                ScriptedPeer later = ScriptedPeer.ofALaterVersion()) {
            HearthClient barn = process.client();
            addPeer(home, "barn", process.httpUri().toString(), "what-peers-show-to-barn");
            addPeer(barn, "home", home.base().toString(), "what-peers-show-to-home");
            awaitFollowing(home);
            awaitFollowing(barn);
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < 200; i++) {
                lines.append(line("cow-1", day(0, 1800L * i), "{\"milk\":" + i % 23 + "}"));
            }
            lines.append(line("kitchen", day(2, 300), "{\"temperature\":7.5}"));
            ok(barn.post("/api/v1/readings:batch", NDJSON, lines.toString()));
            seal(barn);
            patchShadow(barn, "lamp", "{\"desired\":{\"level\":70}}");
            patchShadow(barn, "cow-1", "{\"reported\":{\"name\":\"Berta\"}}");
            ok(barn.delete("/api/v1/devices/meter-1/readings?from=" + day(3, 0) + "&to=" + day(3, 7200)));
            ok(home.post("/api/v1/readings:batch", NDJSON, line("cow-1", day(0, 1800), "{\"milk\":50}")));
            await().atMost(PATIENCE)
                    .until(() -> home.get("/api/v1/devices/cow-1/shadow").statusCode() == 200
                            && home.get("/api/v1/devices/kitchen/readings?from=" + day(2, 300) + "&to=" + day(2, 301))
                                    .body()
                                    .contains("7.5"));
            awaitFollowing(home);
            awaitFollowing(barn);
            addPeer(home, "later", later.uri().toString(), "");
            await().atMost(PATIENCE)
                    .until(() -> peer(home, "later").path("unknown").asInt() == 2);
            ok(home.post("/api/v1/sync/peers/barn:verify"));
        }
        await().atMost(PATIENCE)
                .until(() -> peer(home, "later").path("state").asText().equals("failing"));
    }

    /** Asks the earlier build again, after it was killed: over its data, and over what it restores from its backup. */
    private void record() throws Exception {
        record("data", kept.resolve("data"));
        for (String until : List.of("", Files.readString(kept.resolve("until")))) {
            Path restored = work.resolve("restored" + until.length());
            List<String> command = new ArrayList<>(
                    List.of("restore", "--from", kept.resolve("backup").toString()));
            command.addAll(List.of("--data", restored.resolve("data").toString()));
            if (!until.isEmpty()) {
                command.addAll(List.of("--until", until));
            }
            HearthCommand done = HearthCommand.run(command.toArray(String[]::new));
            if (done.exitCode() != 0) {
                throw new IllegalStateException(done.output());
            }
            record(until.isEmpty() ? "restored" : "restored-until", restored.resolve("data"));
        }
    }

    /** Of a restored table only what is not as in the data directory. */
    private void record(String name, Path data) throws Exception {
        Path copy = Files.createDirectories(work.resolve("asked-" + name));
        FileTrees.copy(data, copy.resolve("data"));
        HearthProcess hearth = HearthProcess.start(copy, SETTINGS);
        try {
            ArrayNode answers = KeptAnswers.ask(hearth.client(), KeptQuestions.ofUsers(hearth.client()));
            Path directory = Files.createDirectories(kept.resolve("answers"));
            if (name.equals("data")) {
                recordWire(hearth.client());
            } else {
                answers = KeptAnswers.without(
                        answers, JSON.readTree(directory.resolve("data.json").toFile()));
            }
            JSON.writeValue(directory.resolve(name + ".json").toFile(), answers);
        } finally {
            hearth.kill();
        }
    }

    /** The lines and headers that a peer of this build reads, each under the path that it asks. */
    private void recordWire(HearthClient home) throws Exception {
        Path wire = Files.createDirectories(kept.resolve("wire"));
        ArrayNode index = JSON.createArrayNode();
        for (String path : KeptQuestions.ofAPeer(home)) {
            HttpResponse<String> answer = home.get(path);
            ok(answer);
            ObjectNode entry = index.addObject();
            entry.put("path", path);
            entry.put("type", answer.headers().firstValue("Content-Type").orElse(""));
            entry.put("file", index.size() + ".txt");
            Files.writeString(wire.resolve(index.size() + ".txt"), answer.body());
        }
        JSON.writeValue(wire.resolve("index.json").toFile(), index);
    }

    private static Instant awaitShipped(HearthClient home) throws Exception {
        Instant now = Instant.now();
        await().atMost(PATIENCE)
                .until(() -> Instant.parse(home.json("/api/v1/backups")
                                .path("recoverableUntil")
                                .asText("1970-01-01T00:00:00Z"))
                        .isAfter(now));
        return now;
    }

    private static void addPeer(HearthClient to, String id, String url, String token) throws Exception {
        ok(to.post(
                "/api/v1/sync/peers", "{\"id\":\"" + id + "\",\"url\":\"" + url + "\",\"token\":\"" + token + "\"}"));
    }

    private static JsonNode peer(HearthClient client, String id) throws Exception {
        for (JsonNode peer : client.json("/api/v1/sync/status").path("peers")) {
            if (peer.path("id").asText().equals(id)) {
                return peer;
            }
        }
        throw new IllegalStateException("no peer " + id);
    }

    private static void awaitFollowing(HearthClient client) {
        await().atMost(PATIENCE).until(() -> {
            for (JsonNode peer : client.json("/api/v1/sync/status").path("peers")) {
                if (!peer.path("state").asText().equals("following")
                        || peer.path("lagRecords").asInt(1) > 0) {
                    return false;
                }
            }
            return true;
        });
    }

    private static void seal(HearthClient client) throws Exception {
        ok(client.post("/api/v1/maintenance:seal"));
    }

    /** @param shadow the thing, and {@code /} and the name of a named one */
    private static void patchShadow(HearthClient client, String shadow, String state) throws Exception {
        int slash = shadow.indexOf('/');
        String thing = slash < 0 ? shadow : shadow.substring(0, slash);
        ok(HearthClient.send(
                client.request("/api/v1/devices/" + thing + "/shadow" + (slash < 0 ? "" : shadow.substring(slash)))
                        .header("Content-Type", "application/merge-patch+json")
                        .method("PATCH", BodyPublishers.ofString(state))));
    }

    private static MqttClient connect(HearthProcess hearth, String id, @Nullable String will) throws Exception {
        MqttClient client = new MqttClient("tcp://127.0.0.1:" + hearth.mqttPort(), id, new MemoryPersistence());
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setUserName("anyone");
        options.setPassword(hearth.devicePassword().getBytes(UTF_8));
        options.setAutomaticReconnect(false);
        if (will != null) {
            MqttMessage offline = new MqttMessage("offline".getBytes(UTF_8));
            offline.setRetained(true);
            offline.setQos(1);
            options.setWill(will, offline);
        }
        client.connect(options);
        return client;
    }

    private static void publish(MqttClient client, String topic, String payload, int qos, boolean retained)
            throws Exception {
        client.publish(topic, payload.getBytes(UTF_8), qos, retained);
    }

    private static String line(String device, Instant time, String values) {
        return "{\"device\":\"" + device + "\",\"ts\":\"" + time + "\",\"values\":" + values + "}\n";
    }

    private static void ok(HttpResponse<String> answer) {
        boolean rejected = answer.body().contains("\"rejected\":[{");
        if (answer.statusCode() >= 300 || rejected) {
            throw new IllegalStateException(answer.uri() + " " + answer.statusCode() + " " + answer.body());
        }
    }

    private static void deleteTree(Path tree) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void zip(Path tree, Path target) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(target));
                Stream<Path> files = Files.walk(tree)) {
            zip.setLevel(9);
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                ZipEntry entry = new ZipEntry(tree.relativize(file).toString());
                entry.setTime(0);
                zip.putNextEntry(entry);
                Files.copy(file, zip);
            }
        }
    }
}
