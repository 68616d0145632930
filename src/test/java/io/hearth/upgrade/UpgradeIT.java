package io.hearth.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.hearth.HearthClient;
import io.hearth.HearthProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A data directory that the service wrote on 2026-11-22 (commit d5fba33), opened by today's: two devices with 600 readings
 * of three metrics, sealed into chunks; late readings beside them; a device of one reading; a dead letter. To keep one of a later format, add another; this one stays.
 */
class UpgradeIT {
    private static final String KEPT = "/kept/data-2026-11-22.zip";

    /** With the retention that it was written with, as the readings have to be there whenever this test runs; sealed by hand. */
    private static final Map<String, String> ENVIRONMENT =
            Map.of("HEARTH_RETENTION", "36500d", "HEARTH_SERIES_SEAL", "off");

    @TempDir
    Path directory;

    @Test
    void dataDirectory_ofAnEarlierCommit_isOpenedAndHasEverything() throws Exception {
        KeptFiles.unpack(KEPT, directory.resolve("data"));
        HearthProcess hearth = HearthProcess.start(directory, ENVIRONMENT);
        try {
            everythingIsThere(hearth);
            // And it goes on: what is sealed is merged with what came late, and the answers stay.
            JsonNode sealed = HearthClient.success(hearth.client().post("/api/v1/maintenance:seal"));
            assertThat(sealed.at("/readings").asInt()).isPositive();
            everythingIsThere(hearth);
            JsonNode dead = get(hearth, "/dead-letters").at("/deadLetters");
            assertThat(dead).hasSize(1);
            assertThat(dead.at("/0/payload").asText()).isEqualTo("{\"broken");
            assertThat(dead.at("/0/topic").asText()).isEqualTo("devices/porch/telemetry");
            System.out.println("UpgradeIT: a data directory of 2026-11-22 has all its devices, readings, chunks, late"
                    + " readings and dead letters, before and after sealing anew");
        } finally {
            hearth.kill();
        }
    }

    @Test
    void dataDirectory_ofAFormatThatIsNotKnown_isRefusedByNameAndLeftAlone() throws Exception {
        Path table = directory.resolve("data/table");
        KeptFiles.unpack(KEPT, directory.resolve("data"));
        Path format = table.resolve("FORMAT");
        Files.writeString(format, Files.readString(format).replace("version 1", "version 7"));

        assertThatThrownBy(() -> HearthProcess.start(directory, ENVIRONMENT))
                .hasMessageContaining("Hearth cannot start: " + format
                        + " says version 7, but this build of Hearth reads" + " and writes version 1 only");

        assertThat(table.resolve("LOG")).as("RocksDB has not touched it").doesNotExist();
    }

    private static void everythingIsThere(HearthProcess hearth) throws IOException, InterruptedException {
        JsonNode devices = get(hearth, "/devices").at("/devices");
        assertThat(devices.findValuesAsText("device")).containsExactly("cellar", "kitchen", "porch");
        JsonNode kitchen = readings(hearth, "kitchen");
        assertThat(kitchen).hasSize(602);
        assertThat(readings(hearth, "cellar")).hasSize(600);
        for (int i = 0; i < 2; i++) {
            JsonNode cellar = readings(hearth, "cellar").get(i);
            assertThat(cellar.at("/values/mode").asText()).isEqualTo("eco");
            assertThat(cellar.at("/values/motion").asBoolean()).isEqualTo(i == 0);
            assertThat(cellar.at("/values/temperature").asDouble()).isEqualTo(i == 0 ? 21.0 : 21.1);
        }
        assertThat(kitchen.get(1).at("/ts").asText()).isEqualTo("2026-11-20T00:01:00Z");
        assertThat(kitchen.get(1).at("/values/temperature").asDouble()).isEqualTo(19.5);
        assertThat(kitchen.get(601).at("/values/note").asText()).isEqualTo("late");
        JsonNode porch = get(hearth, "/devices/porch/readings/latest").at("/latest");
        assertThat(porch.at("/lux/value").asInt()).isEqualTo(812);
        assertThat(porch.at("/rain/value").asBoolean()).isFalse();
        JsonNode days = get(
                        hearth,
                        "/devices/kitchen/readings/aggregate?from=2026-11-20T00:00:00Z&to=2026-11-23T00:00:00Z&every=1d"
                                + "&fn=count,avg,min,max&metrics=temperature")
                .at("/buckets");
        assertThat(days.findValues("count").stream().mapToInt(JsonNode::asInt)).containsExactly(481, 120, 1);
        assertThat(days.at("/0/temperature/avg").asDouble()).isEqualTo(20.618503118503117);
        assertThat(days.at("/1/temperature/max").asDouble()).isEqualTo(19.5);
    }

    private static JsonNode get(HearthProcess hearth, String path) throws IOException, InterruptedException {
        return hearth.client().json("/api/v1" + path);
    }

    private static JsonNode readings(HearthProcess hearth, String device) throws IOException, InterruptedException {
        return get(
                        hearth,
                        "/devices/" + device + "/readings?from=2026-11-20T00:00:00Z&to=2026-11-23T00:00:00Z&limit=1000")
                .at("/readings");
    }
}
