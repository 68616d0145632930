package io.hearth.mqtt.external;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.mqtt.ShadowMessages;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Publishes to the broker what shadows have to tell, in order and with QoS 1, over a connection of its own: on the one that
 * requests come in, acknowledgements could wait behind requests, and requests wait for acknowledgements.
 *
 * <p>What waits is bounded. While the broker takes nothing, whoever publishes waits for a moment; while it cannot be reached
 * the oldest are dropped and counted, as a device asks for its shadow when it is back.
 */
final class BrokerPublisher implements ShadowMessages.Publisher {
    static final int MAX_QUEUED = 16_384;

    private static final Logger LOG = Logger.getLogger(BrokerPublisher.class);
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(20));
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration LOOK = Duration.ofMillis(100);
    private static final int MAX_UNACKNOWLEDGED = 1_000;

    private final BrokerOptions options;
    private final BrokerMetrics metrics;
    private final LinkedBlockingDeque<Outgoing> queue = new LinkedBlockingDeque<>(MAX_QUEUED);
    private final Map<Long, Outgoing> unacknowledged = new LinkedHashMap<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile boolean connected;
    private long sent;

    private record Outgoing(String topic, byte[] payload) {}

    BrokerPublisher(BrokerOptions options, BrokerMetrics metrics) {
        this.options = options;
        this.metrics = metrics;
        thread = DaemonThreads.thread("hearth-broker-answers", this::run);
    }

    void start() {
        thread.start();
    }

    /** Nobody knows who subscribes at a broker. */
    @Override
    public boolean isWanted(String topic) {
        return true;
    }

    @Override
    public void publish(String topic, byte[] payload) {
        Outgoing message = new Outgoing(topic, payload);
        try {
            if (connected && queue.offer(message, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        while (!queue.offer(message)) {
            if (queue.poll() != null) {
                metrics.answerDropped();
            }
        }
    }

    /** Waits until everything is with the broker, not longer than {@code patience}, and disconnects. */
    void close(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        try {
            while (connected && !isIdle() && System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
            closing.countDown();
            thread.join(PATIENCE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isIdle() {
        synchronized (unacknowledged) {
            return queue.isEmpty() && unacknowledged.isEmpty();
        }
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    private void run() {
        int failures = 0;
        try {
            while (!isClosing()) {
                boolean wasConnected = runOne();
                failures = wasConnected ? 1 : failures + 1;
                Duration pause = BACKOFF.after(failures, ThreadLocalRandom.current());
                if (closing.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether it could connect. */
    private boolean runOne() throws InterruptedException {
        MqttAsyncClient client = null;
        try {
            client = new MqttAsyncClient(options.uri(), options.answersClientId(), new MemoryPersistence());
            MqttConnectionOptions connect = options.connectOptions();
            connect.setCleanStart(true);
            connect.setSessionExpiryInterval(0L);
            IMqttToken connack = client.connect(connect);
            connack.waitForCompletion(options.answerPatience().toMillis());
            MqttProperties granted = connack.getResponseProperties();
            Integer receiveMaximum = granted == null ? null : granted.getReceiveMaximum();
            int window = receiveMaximum == null ? MAX_UNACKNOWLEDGED : Math.min(receiveMaximum, MAX_UNACKNOWLEDGED);
            connected = true;
            send(client, new Semaphore(window));
            return true;
        } catch (MqttException e) {
            boolean wasConnected = connected;
            if (!isClosing()) {
                LOG.debugf("No connection to the broker for answers: %s", options.explain(e));
            }
            return wasConnected;
        } finally {
            connected = false;
            if (client != null) {
                disconnect(client);
            }
        }
    }

    private void send(MqttAsyncClient client, Semaphore window) throws MqttException, InterruptedException {
        Queue<Outgoing> again = new ArrayDeque<>(takeUnacknowledged());
        while (!isClosing() && client.isConnected()) {
            Outgoing next = again.isEmpty() ? queue.poll(LOOK.toMillis(), TimeUnit.MILLISECONDS) : again.remove();
            if (next == null) {
                continue;
            }
            long number = sent++;
            synchronized (unacknowledged) {
                unacknowledged.put(number, next);
            }
            boolean room = false;
            while (!room && client.isConnected() && !isClosing()) {
                room = window.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS);
            }
            if (room) {
                client.publish(
                        next.topic(),
                        new MqttMessage(next.payload(), 1, false, null),
                        null,
                        new Sent(number, window, client));
            }
        }
        synchronized (unacknowledged) {
            again.forEach(left -> unacknowledged.put(sent++, left));
        }
    }

    private Collection<Outgoing> takeUnacknowledged() {
        synchronized (unacknowledged) {
            List<Outgoing> left = new ArrayList<>(unacknowledged.values());
            unacknowledged.clear();
            return left;
        }
    }

    private static void disconnect(MqttAsyncClient client) {
        try {
            if (client.isConnected()) {
                client.disconnect(0).waitForCompletion(PATIENCE.toMillis());
            } else {
                client.disconnectForcibly(0, 0, false);
            }
            client.close();
        } catch (MqttException e) {
            LOG.debugf("The connection for answers did not close in order: %s", e.getMessage());
        }
    }

    private final class Sent implements MqttActionListener {
        private final long number;
        private final Semaphore window;
        private final MqttAsyncClient client;

        Sent(long number, Semaphore window, MqttAsyncClient client) {
            this.number = number;
            this.window = window;
            this.client = client;
        }

        @Override
        public void onSuccess(IMqttToken token) {
            done();
        }

        /** The broker refused it, which sending it again would not change; or the connection is gone, and it is sent again. */
        @Override
        public void onFailure(IMqttToken token, @Nullable Throwable failure) {
            if (client.isConnected()) {
                done();
            }
        }

        private void done() {
            synchronized (unacknowledged) {
                unacknowledged.remove(number);
            }
            window.release();
        }
    }
}
