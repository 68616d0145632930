package io.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.FreePort;
import io.hearth.Mosquitto;
import io.hearth.OnMessage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real Mosquitto with the configuration that the chart renders, and users who want what is not theirs. */
class ChartBrokerIT {
    private static final long PATIENCE_MILLIS = 60_000;

    /** As the chart makes it of the pod's name and the secret. */
    private static final String HEARTH_ID = "home-hearth-0-5e1f0c8b3a9d4e72-1";

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path directory;

    private final int devicePort = FreePort.next();
    private final int hearthPort = FreePort.next();
    private final List<Client> clients = new ArrayList<>();

    @SuppressWarnings("NullAway.Init") // set by start
    private Mosquitto broker;

    @BeforeEach
    void start() throws IOException {
        Map<String, Object> files = Chart.copyTo(Files.createDirectories(directory.resolve("chart")))
                .render(Chart.DIRECTORY.resolve("examples/mosquitto.yaml"))
                .stream()
                .filter(object -> object.kind().equals("ConfigMap"))
                .findFirst()
                .orElseThrow()
                .map("data");
        Path users = directory.resolve("users");
        Files.writeString(users, "hearth:pw\nlamp:pw\ntv:pw\ngateway:pw\n");
        Mosquitto.hashPasswords(users);
        Path acl = directory.resolve("acl");
        Files.writeString(acl, String.valueOf(files.get("acl")));
        broker = Mosquitto.configured(
                        directory,
                        devicePort,
                        String.valueOf(files.get("mosquitto.conf"))
                                .replace("listener 1883", "listener " + devicePort + " 127.0.0.1")
                                .replace("listener 1884", "listener " + hearthPort + " 127.0.0.1")
                                .replace("/run/passwords/users", users.toString())
                                .replace("/etc/mosquitto/acl", acl.toString())
                                .replace("/mosquitto/data/", directory + "/"))
                .start();
    }

    @AfterEach
    void stop() throws MqttException {
        for (Client client : clients) {
            if (client.mqtt.isConnected()) {
                client.mqtt.disconnect().waitForCompletion(PATIENCE_MILLIS);
            }
            client.mqtt.close(true);
        }
        broker.close();
    }

    @Test
    void anotherUser_withTheClientIdOfHearth_getsNeitherItsSessionNorItsReadings() throws Exception {
        Client hearth = new Client(hearthPort, "hearth", HEARTH_ID);
        hearth.connect();
        hearth.subscribe("devices/+/telemetry");
        hearth.mqtt.disconnect().waitForCompletion(PATIENCE_MILLIS);
        publish("lamp", "devices/lamp/telemetry", "of lamp");

        // The user tv has no session of its own yet.
        Client thief = new Client(devicePort, "tv", HEARTH_ID);
        assertThat(thief.connect().getSessionPresent())
                .as("the session of Hearth")
                .isFalse();
        thief.subscribe("devices/#");
        publish("gateway", "devices/lamp/telemetry", "of gateway");
        publish("gateway", "devices/tv/telemetry", "marker");
        assertThat(thief.next()).as("what came before its own message").isEqualTo("marker");

        Client again = new Client(hearthPort, "hearth", HEARTH_ID);
        assertThat(again.connect().getSessionPresent()).isTrue();
        assertThat(List.of(again.next(), again.next(), again.next()))
                .containsExactly("of lamp", "of gateway", "marker");
    }

    @Test
    void users_writeOnlyToTheirOwnDevicesAndWhatTheAclAdds() throws Exception {
        Client hearth = new Client(hearthPort, "hearth", HEARTH_ID);
        hearth.connect();
        hearth.subscribe("devices/#");
        hearth.subscribe("$aws/things/#");

        publish("lamp", "devices/lamp/status", "1");
        publish("lamp", "devices/tv/telemetry", "not its topic");
        publish("lamp", "$aws/things/tv/shadow/update", "not its shadow");
        publish("lamp", "$aws/things/lamp/shadow/update", "2");
        publish("gateway", "devices/tv/status", "not in the ACL");
        publish("gateway", "devices/tv/telemetry", "3");

        assertThat(List.of(hearth.next(), hearth.next(), hearth.next())).containsExactly("1", "2", "3");
    }

    /** Over a connection of its own, as a broker may end one that publishes what it may not. */
    private void publish(String user, String topic, String payload) throws MqttException {
        Client client = new Client(devicePort, user, user);
        client.connect();
        try {
            client.mqtt
                    .publish(topic, payload.getBytes(StandardCharsets.UTF_8), 1, false)
                    .waitForCompletion(PATIENCE_MILLIS);
            client.mqtt.disconnect().waitForCompletion(PATIENCE_MILLIS);
        } catch (MqttException e) {
            assertThat(payload).as("%s: %s", topic, e).startsWith("not ");
        }
    }

    /** A client that keeps its session, and the messages it got. */
    private final class Client {
        private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
        private final MqttAsyncClient mqtt;
        private final String user;

        Client(int port, String user, String id) throws MqttException {
            mqtt = new MqttAsyncClient("tcp://127.0.0.1:" + port, id, new MemoryPersistence());
            mqtt.setCallback(new OnMessage(
                    (topic, message) -> messages.add(new String(message.getPayload(), StandardCharsets.UTF_8))));
            this.user = user;
            clients.add(this);
        }

        IMqttToken connect() throws MqttException {
            MqttConnectionOptions options = new MqttConnectionOptions();
            options.setUserName(user);
            options.setPassword("pw".getBytes(StandardCharsets.UTF_8));
            options.setCleanStart(false);
            options.setSessionExpiryInterval(3_600L);
            IMqttToken token = mqtt.connect(options);
            token.waitForCompletion(PATIENCE_MILLIS);
            return token;
        }

        void subscribe(String filter) throws MqttException {
            mqtt.subscribe(filter, 1).waitForCompletion(PATIENCE_MILLIS);
        }

        String next() throws InterruptedException {
            String message = messages.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            return message == null ? "nothing came" : message;
        }
    }
}
