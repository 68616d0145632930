package io.hearth.shadow.conformance;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.OnMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttMessage;

/** Listens to topics, as an app or a device does; over MQTT 5. */
final class Watch implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final MqttClient client;
    private final String base;
    private final List<Message> messages = new CopyOnWriteArrayList<>();

    /** @param topic what is behind the base that all have in common */
    record Message(String topic, String text) {
        JsonNode json() {
            try {
                return JSON.readTree(text);
            } catch (java.io.IOException e) {
                throw new AssertionError(text, e);
            }
        }
    }

    /** @param base is left out in front of the topics of messages, and of the filters that are given here */
    Watch(int port, String password, String base, String... filters) throws Exception {
        this.base = base;
        client = new MqttClient("tcp://127.0.0.1:" + port, "", new MemoryPersistence());
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setUserName("watch");
        options.setPassword(password.getBytes(StandardCharsets.UTF_8));
        client.setCallback(new OnMessage(this::arrived));
        client.connect(options);
        for (String filter : filters) {
            client.subscribe(base + filter, 1);
        }
    }

    private void arrived(String topic, MqttMessage message) {
        String behind = topic.startsWith(base) ? topic.substring(base.length()) : topic;
        messages.add(new Message(behind, new String(message.getPayload(), StandardCharsets.UTF_8)));
    }

    void publish(String topic, String payload, boolean retained) throws Exception {
        client.publish(topic, new MqttMessage(payload.getBytes(StandardCharsets.UTF_8), 1, retained, null));
    }

    /** Publishes to a topic behind the base. */
    void publish(String topic, String payload) throws Exception {
        publish(base + topic, payload, false);
    }

    List<Message> messages() {
        return messages;
    }

    List<String> topics() {
        return messages.stream().map(Message::topic).toList();
    }

    boolean isConnected() {
        return client.isConnected();
    }

    /** The first message on a topic, which is waited for. */
    JsonNode first(String topic) {
        await().atMost(Duration.ofSeconds(30)).until(() -> topics().contains(topic));
        return messages.stream()
                .filter(message -> message.topic().equals(topic))
                .findFirst()
                .orElseThrow()
                .json();
    }

    @Override
    public void close() throws Exception {
        if (client.isConnected()) {
            client.disconnect();
        }
        client.close();
    }
}
