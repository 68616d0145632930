package io.hearth.mqtt.external;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.jspecify.annotations.Nullable;

/** Publishes telemetry at QoS 1 and sends again, over a new connection, what the broker did not acknowledge. */
final class Device implements AutoCloseable {
    /** Mosquitto takes 20 at a time. */
    private static final int WINDOW = 20;

    private static final long PATIENCE_SECONDS = 60;

    private final String name;
    private final int port;
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private @Nullable MqttAsyncClient client;

    Device(String name, int port) {
        this.name = name;
        this.port = port;
    }

    /** Returns when the broker has acknowledged every one. */
    void publish(List<String> payloads) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!acknowledged.containsAll(payloads)) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("the broker did not acknowledge everything within a minute");
            }
            try {
                publishOnce(
                        payloads.stream().filter(p -> !acknowledged.contains(p)).toList());
            } catch (MqttException e) {
                client = null;
                TimeUnit.MILLISECONDS.sleep(20);
            }
        }
    }

    private void publishOnce(List<String> payloads) throws MqttException, InterruptedException {
        MqttAsyncClient connected = connected();
        Semaphore window = new Semaphore(WINDOW);
        for (String payload : payloads) {
            if (!window.tryAcquire(10, TimeUnit.SECONDS)) {
                throw new MqttException(MqttException.REASON_CODE_CLIENT_EXCEPTION);
            }
            MqttMessage message = new MqttMessage(payload.getBytes(StandardCharsets.UTF_8));
            message.setQos(1);
            connected.publish("devices/" + name + "/telemetry", message, null, new MqttActionListener() {
                @Override
                public void onSuccess(IMqttToken token) {
                    acknowledged.add(payload);
                    window.release();
                }

                @Override
                public void onFailure(IMqttToken token, Throwable failure) {
                    window.release();
                }
            });
        }
        window.tryAcquire(WINDOW, 10, TimeUnit.SECONDS);
    }

    private MqttAsyncClient connected() throws MqttException {
        MqttAsyncClient current = client;
        if (current == null || !current.isConnected()) {
            current = new MqttAsyncClient(
                    "tcp://127.0.0.1:" + port, name + "-" + UUID.randomUUID(), new MemoryPersistence());
            MqttConnectionOptions options = new MqttConnectionOptions();
            options.setCleanStart(true);
            current.connect(options).waitForCompletion(5_000);
            client = current;
        }
        return current;
    }

    Set<String> acknowledged() {
        return acknowledged;
    }

    @Override
    public void close() throws MqttException {
        MqttAsyncClient current = client;
        if (current != null && current.isConnected()) {
            current.disconnect(0).waitForCompletion(5_000);
        }
    }
}
