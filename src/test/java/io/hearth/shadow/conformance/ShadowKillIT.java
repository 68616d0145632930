package io.hearth.shadow.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.hearth.HearthProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Devices update their shadows while the service is killed: what was acknowledged is there afterwards, and so is its history. */
class ShadowKillIT {
    private static final int DEVICES = 4;
    private static final int KILLS = 2;
    private static final int UPDATES_BEFORE_KILL = 100;

    @TempDir
    Path directory;

    @Test
    void updatesThatWereAcknowledged_areThereAfterAKill() throws Exception {
        HearthProcess hearth = HearthProcess.start(directory, Map.of());
        try {
            int[] acknowledged = new int[DEVICES];
            for (int kill = 0; kill < KILLS; kill++) {
                updateUntilKilled(hearth, acknowledged);
                hearth = HearthProcess.start(directory, Map.of());
                for (int device = 0; device < DEVICES; device++) {
                    JsonNode shadow = get(hearth, "/things/device-" + device + "/shadow");
                    assertThat(shadow.at("/state/reported/n").asInt())
                            .isBetween(acknowledged[device], acknowledged[device] + 1);
                    JsonNode last = get(hearth, "/api/v1/devices/device-" + device + "/shadow-history?limit=1000");
                    assertThat(last.at("/changes/0/version").asInt())
                            .isEqualTo(shadow.at("/version").asInt());
                    assertThat(last.at("/changes"))
                            .hasSize(Math.min(1000, shadow.at("/version").asInt()));
                }
            }
        } finally {
            hearth.kill();
        }
    }

    private static void updateUntilKilled(HearthProcess hearth, int[] acknowledged) throws Exception {
        AtomicInteger updates = new AtomicInteger();
        List<Thread> devices = new ArrayList<>();
        for (int device = 0; device < DEVICES; device++) {
            int number = device;
            MqttClient client =
                    new MqttClient("tcp://127.0.0.1:" + hearth.mqttPort(), "device-" + number, new MemoryPersistence());
            client.setTimeToWait(30_000);
            MqttConnectOptions options = new MqttConnectOptions();
            options.setUserName("device");
            options.setPassword(hearth.devicePassword().toCharArray());
            client.connect(options);
            Thread thread = new Thread(() -> {
                try {
                    while (true) {
                        String body = "{\"state\":{\"reported\":{\"n\":" + (acknowledged[number] + 1) + "}}}";
                        // Returns when the PUBACK is here.
                        client.publish(
                                "$aws/things/device-" + number + "/shadow/update",
                                body.getBytes(StandardCharsets.UTF_8),
                                1,
                                false);
                        acknowledged[number]++;
                        updates.incrementAndGet();
                    }
                } catch (MqttException killed) {
                    // That is how it ends.
                }
            });
            thread.start();
            devices.add(thread);
        }
        ShadowConformance.eventually().until(() -> updates.get() >= UPDATES_BEFORE_KILL);
        hearth.kill();
        for (Thread device : devices) {
            device.join();
        }
    }

    private static JsonNode get(HearthProcess hearth, String path) throws Exception {
        var answer = new HttpShadows(hearth.httpUri())
                .send("GET", path, Map.of("Authorization", "Bearer " + hearth.adminToken()), new byte[0]);
        assertThat(answer.statusCode()).isEqualTo(200);
        return ShadowConformance.JSON.readTree(answer.body());
    }
}
