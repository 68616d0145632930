package io.hearth.shadow.conformance;

import io.hearth.OnMessage;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The contract over MQTT 5, with Paho. */
class Mqtt5ShadowIT extends MqttShadowConformance {
    private final BlockingQueue<Reply> replies = new LinkedBlockingQueue<>();
    private final Set<String> subscribed = new HashSet<>();
    private MqttClient client;

    @BeforeEach
    void connect() throws Exception {
        client = new MqttClient("tcp://127.0.0.1:" + hearth.mqttPort(), "five-" + thing, new MemoryPersistence());
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setUserName("device");
        options.setPassword(hearth.devicePassword().getBytes(StandardCharsets.UTF_8));
        client.setCallback(new OnMessage(this::arrived));
        client.connect(options);
    }

    @AfterEach
    void disconnect() throws Exception {
        client.disconnect();
        client.close();
    }

    @Override
    Reply ask(String topic, byte[] body) throws Exception {
        if (subscribed.add(topic)) {
            client.subscribe(new String[] {topic + "/accepted", topic + "/rejected"}, new int[] {1, 1});
        }
        client.publish(topic, new MqttMessage(body, 1, false, null));
        return replies.poll(30, TimeUnit.SECONDS);
    }

    private void arrived(String topic, MqttMessage message) throws Exception {
        replies.add(new Reply(topic.endsWith("/accepted"), JSON.readTree(message.getPayload())));
    }
}
