package io.hearth.upgrade;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import io.hearth.HearthClient;
import java.io.IOException;
import java.net.URLEncoder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** What an earlier build is asked, so that its answers can be kept. */
final class KeptQuestions {
    /** Days that have ended, in UTC, of which the first four are sealed. */
    private static final Instant FIRST_DAY = Instant.parse("2026-11-23T00:00:00Z");

    private KeptQuestions() {}

    /** Calls that read everything that users can read. */
    static List<String> ofUsers(HearthClient client) throws IOException, InterruptedException {
        String all = "from=1960-01-01T00:00:00Z&to=2126-01-01T00:00:00Z";
        String days = "from=" + FIRST_DAY + "&to=" + day(8, 0);
        List<String> paths = new ArrayList<>(List.of("/api/v1/devices?limit=1000", "/api/v1/readings/latest"));
        List<String> devices = client.json("/api/v1/devices?limit=1000").findValuesAsText("device");
        for (String device : devices) {
            String path = "/api/v1/devices/" + device;
            paths.add(path);
            paths.add(path + "/presence");
            paths.add(path + "/readings/latest");
            paths.add(path + "/readings?limit=10000&"
                    + (device.equals("fast") ? "from=" + day(1, 0) + "&to=" + day(1, 60) : all));
            paths.add(path
                    + "/readings/aggregate?every=1d&tz=Europe/Berlin&fn=count,min,max,sum,avg,first,last,stddev,p50,p95&"
                    + days);
            paths.add(path + "/readings/aggregate?every=1h&tz=Europe/Berlin&fn=count,avg,max&" + days);
        }
        paths.add("/api/v1/devices/kitchen/readings?limit=50&order=desc&" + all);
        paths.add("/api/v1/devices/meter-1/readings/aggregate?every=6h&fn=increase,rate&metrics=energy&" + days);
        for (String device : List.of("leaving", "willing", "behind-the-gateway")) {
            paths.add("/api/v1/devices/" + device + "/presence");
        }
        Instant gone = Instant.parse("2026-09-01T00:00:00Z");
        String expired = "from=" + gone + "&to=" + gone.plus(60, ChronoUnit.DAYS);
        paths.add("/api/v1/devices/meter-old/readings/aggregate?every=1d&tz=Europe/Berlin&fn=count,sum,increase&"
                + expired);
        paths.add("/api/v1/devices/meter-old/readings/aggregate?every=15m&fn=count,last&metrics=energy&" + expired);
        paths.add("/api/v1/readings/aggregate?every=1d&groupBy=device&fn=count,avg&metrics=temperature,milk,energy&"
                + days);
        paths.add("/api/v1/readings/aggregate?every=1w&fn=count,p95&" + days);
        for (String format : List.of("ndjson", "csv")) {
            paths.add("/api/v1/export?format=" + format);
            paths.add("/api/v1/export?format=" + format + "&ids=cellar,cow-1,guest,numbers,porch,station,meter-1");
        }
        for (String thing : List.of("lamp", "cow-1", "only-a-shadow", "guest", "kitchen")) {
            paths.add("/api/v1/devices/" + thing + "/shadow");
            paths.add("/api/v1/devices/" + thing + "/shadows");
            paths.add("/api/v1/devices/" + thing + "/shadow-history?limit=1000");
        }
        for (String name : List.of("night", "night-2", "gone")) {
            paths.add("/api/v1/devices/lamp/shadow/" + name);
            paths.add("/api/v1/devices/lamp/shadow-history?name=" + name);
        }
        paths.add("/api/v1/dead-letters");
        for (String id : client.json("/api/v1/dead-letters").path("deadLetters").findValuesAsText("id")) {
            paths.add("/api/v1/dead-letters/" + id);
        }
        paths.add("/api/v1/sync/peers");
        paths.add("/api/v1/sync/digests?from=" + micros(FIRST_DAY) + "&to=" + micros(day(6, 0)));
        paths.add("/prometheus/api/v1/query?time=" + day(3, 3600) + "&query=" + encoded("temperature"));
        paths.add("/prometheus/api/v1/query_range?step=3600&start=" + day(0, 0) + "&end=" + day(2, 0) + "&query="
                + encoded("avg_over_time(temperature{device=\"kitchen\"}[1h])"));
        return paths;
    }

    /** The calls of a peer. */
    static List<String> ofAPeer(HearthClient home) throws IOException, InterruptedException {
        JsonNode start = home.json("/api/v1/sync/snapshot");
        List<String> paths = new ArrayList<>(List.of("/api/v1/sync/snapshot"));
        int segments = start.path("segments").asInt();
        for (int segment = 0; segment < segments; segment++) {
            paths.add("/api/v1/sync/snapshot?segment=" + segment + "&segments=" + segments);
        }
        paths.add("/api/v1/sync/changes?form=packed&limit=20000&wait=0&origin=all");
        for (String device : List.of("kitchen", "cow-1")) {
            paths.add("/api/v1/sync/window?device=" + device + "&start=" + micros(FIRST_DAY));
        }
        paths.add("/api/v1/sync/shadow?thing=lamp");
        paths.add("/api/v1/sync/shadow?thing=lamp&name=gone");
        paths.add("/api/v1/sync/digests?segment=0&segments=2&from=" + micros(FIRST_DAY) + "&to=" + micros(day(6, 0))
                + "&tombstones=0");
        return paths;
    }

    static Instant day(int day, long second) {
        return FIRST_DAY.plus(day, ChronoUnit.DAYS).plusSeconds(second);
    }

    private static long micros(Instant instant) {
        return instant.getEpochSecond() * 1_000_000;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, UTF_8);
    }
}
