package io.hearth.simulator.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.Closeable;
import java.nio.charset.StandardCharsets;
import org.eclipse.paho.mqttv5.client.IMqttMessageListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/** As much of a shadow service as the simulator looks at: a delta for what is desired, an answer for every update. */
final class ShadowResponder implements Closeable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final MqttAsyncClient client;

    ShadowResponder(int port) throws MqttException {
        client = new MqttAsyncClient("tcp://127.0.0.1:" + port, "shadow-responder", new MemoryPersistence());
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setReceiveMaximum(65_535);
        client.connect(options).waitForCompletion();
        client.subscribe(
                        new MqttSubscription[] {new MqttSubscription("$aws/things/+/shadow/update", 1)},
                        null,
                        null,
                        new IMqttMessageListener[] {this::answer},
                        new MqttProperties())
                .waitForCompletion();
    }

    private void answer(String topic, MqttMessage message) throws Exception {
        JsonNode update = JSON.readTree(message.getPayload());
        JsonNode state = update.get("state");
        String token = "\"clientToken\":\"" + update.get("clientToken").asText() + "\"";
        JsonNode desired = state.get("desired");
        if (desired != null && desired.get("level").asLong() % 10 == 9) {
            publish(topic + "/rejected", "{\"code\":429,\"message\":\"Too many\"," + token + "}");
            return;
        }
        // A report makes a delta where desired has gone on meanwhile; it has the report's token and no write of an
        // app's.
        publish(topic + "/delta", "{\"version\":1,\"state\":" + (desired == null ? "{}" : desired) + "," + token + "}");
        publish(topic + "/accepted", "{\"version\":1,\"state\":" + state + "," + token + "}");
    }

    private void publish(String topic, String payload) throws MqttException {
        MqttMessage message = new MqttMessage(payload.getBytes(StandardCharsets.UTF_8));
        message.setQos(0);
        client.publish(topic, message);
    }

    @Override
    public void close() {
        try {
            client.disconnectForcibly(0, 1_000, false);
            client.close(true);
        } catch (MqttException e) {
            throw new AssertionError(e);
        }
    }
}
