package io.hearth.shadow.conformance;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The contract over MQTT 3.1.1 and QoS 0, with Paho. */
class Mqtt3ShadowIT extends MqttShadowConformance {
    private static final int QOS = 0;

    private final BlockingQueue<Reply> replies = new LinkedBlockingQueue<>();
    private final Set<String> subscribed = new HashSet<>();
    private MqttClient client;

    @BeforeEach
    void connect() throws Exception {
        client = new MqttClient("tcp://127.0.0.1:" + hearth.mqttPort(), "three-" + thing, new MemoryPersistence());
        MqttConnectOptions options = new MqttConnectOptions();
        options.setUserName("device");
        options.setPassword(hearth.devicePassword().toCharArray());
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
            client.subscribe(topic + "/accepted", QOS, this::arrived);
            client.subscribe(topic + "/rejected", QOS, this::arrived);
        }
        client.publish(topic, body, QOS, false);
        return replies.poll(30, TimeUnit.SECONDS);
    }

    private void arrived(String topic, MqttMessage message) throws Exception {
        replies.add(new Reply(topic.endsWith("/accepted"), JSON.readTree(message.getPayload())));
    }
}
