package io.hearth.simulator.publish.paho;

import io.hearth.simulator.publish.Backoff;
import io.hearth.simulator.publish.Credentials;
import io.hearth.simulator.publish.DeliveryRecorder;
import io.hearth.simulator.publish.DeviceStatus;
import io.hearth.simulator.publish.Message;
import io.hearth.simulator.publish.PublishSettings;
import io.hearth.simulator.publish.Workload;
import java.lang.reflect.Field;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.internal.MqttConnectionState;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.jspecify.annotations.Nullable;

/** One connection of {@link PahoPublisher}. Paho keeps what is in flight and resends it when connected again. */
final class PahoConnection {

    private static final int CONNECT_TIMEOUT_SECONDS = 10;
    private static final int KEEP_ALIVE_SECONDS = 60;
    private static final long SESSION_EXPIRY_SECONDS = 3_600;
    private static final long CLOSE_TIMEOUT_MILLIS = 1_000;

    final int index;
    /** Whether it stands in the publisher's queue; that thread's own. */
    boolean queued;

    private final Workload workload;
    private final PublishSettings settings;
    private final DeliveryRecorder recorder;
    private final ScheduledExecutorService timer;
    private final Consumer<PahoConnection> changed;
    private final Backoff backoff;
    private final Set<Message> inFlight = ConcurrentHashMap.newKeySet();
    private final AtomicInteger inFlightCount = new AtomicInteger();
    /** Messages in flight that Paho would not take yet; the publishing thread's own. */
    private final Deque<Outgoing> postponed = new ArrayDeque<>();

    private @Nullable MqttAsyncClient client;
    private volatile int window;
    private volatile boolean up;
    /** Whether {@code online} is to be published. */
    private volatile boolean announce;

    private volatile boolean ended;
    private volatile boolean givenUp;

    PahoConnection(
            int index,
            Workload workload,
            PublishSettings settings,
            DeliveryRecorder recorder,
            ScheduledExecutorService timer,
            Consumer<PahoConnection> changed) {
        this.index = index;
        this.workload = workload;
        this.settings = settings;
        this.recorder = recorder;
        this.timer = timer;
        this.changed = changed;
        this.backoff = new Backoff(settings.waits().longestReconnect());
        this.window = settings.window();
    }

    void connectFirst() throws MqttException {
        MqttAsyncClient created = client;
        if (created == null) {
            created = new MqttAsyncClient(
                    (settings.tls() == null ? "tcp://" : "ssl://") + settings.host() + ":" + settings.port(),
                    workload.clientId(index),
                    new MemoryPersistence());
            created.setCallback(new Events());
            client = created;
        }
        if (settings.qos() == 2) {
            // The server may remember packet ids of an earlier run and would take new messages for old ones. A
            // connection
            // of its own clears them, as Paho forgets what is in flight when one that began clean is lost.
            await(created.connect(options(true)));
            await(created.disconnect());
        }
        IMqttToken token = created.connect(options(false));
        await(token);
        connected(token, false);
    }

    private static void await(IMqttToken token) throws MqttException {
        token.waitForCompletion(TimeUnit.SECONDS.toMillis(CONNECT_TIMEOUT_SECONDS));
    }

    private MqttConnectionOptions options(boolean cleanStart) {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(cleanStart);
        options.setSessionExpiryInterval(SESSION_EXPIRY_SECONDS);
        options.setConnectionTimeout(CONNECT_TIMEOUT_SECONDS);
        options.setKeepAliveInterval(KEEP_ALIVE_SECONDS);
        options.setAutomaticReconnect(false);
        SSLContext tls = settings.tls();
        if (tls != null) {
            options.setSocketFactory(tls.getSocketFactory());
            options.setHttpsHostnameVerificationEnabled(true);
        }
        Credentials credentials = settings.credentials().of(workload.clientId(index));
        String username = credentials.username();
        byte[] password = credentials.password();
        if (username != null) {
            options.setUserName(username);
        }
        if (password != null) {
            options.setPassword(password);
        }
        if (settings.status()) {
            options.setWill(statusTopic(index), retained(DeviceStatus.OFFLINE));
        }
        return options;
    }

    private void connected(IMqttToken token, boolean again) {
        // Paho throws rather than waits when the server's own limit is reached.
        MqttProperties properties = token.getResponseProperties();
        Integer limit = properties == null ? null : properties.getReceiveMaximum();
        window = Math.min(settings.window(), limit == null ? settings.window() : limit);
        disableTopicAliases();
        backoff.reset();
        recorder.connectionUp(again);
        announce = settings.status();
        up = true;
        changed.accept(this);
    }

    /**
     * Makes Paho leave topics alone. Where the server takes topic aliases, as Mosquitto does, Paho 1.2.5 replaces the
     * topic by an alias inside the very message that it keeps for resending. An alias does not outlive its connection, so
     * the server then closes each new one with a protocol error, for good. There is no option against it.
     */
    private void disableTopicAliases() {
        try {
            Field field = MqttAsyncClient.class.getDeclaredField("mqttConnection");
            field.setAccessible(true);
            ((MqttConnectionState) field.get(client)).setOutgoingTopicAliasMaximum(0);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this version of Paho is not the one this was written for", e);
        }
    }

    /** False if Paho took only some, or none, of them. */
    private boolean publishStatus(byte[] status) {
        MqttAsyncClient current = client;
        if (current == null) {
            return false;
        }
        try {
            for (int device = index; device < workload.devices(); device += workload.connections()) {
                current.publish(statusTopic(device), retained(status));
            }
            return true;
        } catch (MqttException e) {
            if (!PahoErrors.isPassing(e)) {
                recorder.error("cannot publish the status: " + PahoErrors.describe(e));
            }
            return false;
        }
    }

    private String statusTopic(int device) {
        return DeviceStatus.topic(workload.deviceId(device));
    }

    private static MqttMessage retained(byte[] payload) {
        MqttMessage message = new MqttMessage(payload);
        message.setQos(0);
        message.setRetained(true);
        return message;
    }

    boolean canSend() {
        return up && inFlightCount.get() < window;
    }

    boolean isIdle() {
        return inFlightCount.get() == 0;
    }

    boolean isGivenUp() {
        return givenUp;
    }

    /** Takes on a message and sends it now or, if the connection is just being lost, once it is back. */
    void send(Message message, byte[] payload) {
        inFlight.add(message);
        inFlightCount.incrementAndGet();
        recorder.sent(message);
        publish(new Outgoing(message, payload));
    }

    /** Sends what had to be put off, such as that the devices are online; false if something still is. */
    boolean sendPostponed() {
        if (announce && up) {
            announce = !publishStatus(DeviceStatus.ONLINE);
        }
        for (Outgoing next = postponed.poll(); next != null; next = postponed.poll()) {
            if (!up || !publish(next)) {
                postponed.addFirst(next);
                return false;
            }
        }
        return true;
    }

    /** False if the message was put off; it then stays in flight. */
    private boolean publish(Outgoing outgoing) {
        MqttAsyncClient current = client;
        if (current == null) {
            throw new IllegalStateException("not connected yet");
        }
        Message message = outgoing.message;
        MqttMessage packet = new MqttMessage(outgoing.payload);
        packet.setQos(settings.qos());
        try {
            current.publish(
                    "devices/" + workload.deviceId(message.device) + "/telemetry", packet, null, new Outcome(message));
            return true;
        } catch (MqttException e) {
            // Paho undoes what it throws for, so sending the message again cannot double it.
            if (PahoErrors.isPassing(e) && settings.reconnect()) {
                postponed.add(outgoing);
                return false;
            }
            failed(message, e);
            return true;
        }
    }

    private void failed(Message message, Throwable cause) {
        if (inFlight.remove(message)) {
            recorder.error("publish failed: " + PahoErrors.describe(cause));
            recorder.uncertain(message);
            settled();
        }
    }

    /** One message less in flight; only after it is recorded, as the run may end right after the last one. */
    private void settled() {
        inFlightCount.decrementAndGet();
        changed.accept(this);
    }

    private void reconnectLater() {
        if (ended) {
            return;
        }
        if (!settings.reconnect()) {
            givenUp = true;
            changed.accept(this);
            return;
        }
        try {
            var unused = timer.schedule(this::reconnect, backoff.nextDelayNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            // The run is at its end.
        }
    }

    private void reconnect() {
        MqttAsyncClient current = client;
        if (ended || current == null) {
            return;
        }
        try {
            current.connect(options(false), null, new MqttActionListener() {
                @Override
                public void onSuccess(IMqttToken token) {
                    connected(token, true);
                }

                @Override
                public void onFailure(IMqttToken token, Throwable cause) {
                    recorder.error("cannot connect: " + PahoErrors.describe(cause));
                    reconnectLater();
                }
            });
        } catch (MqttException e) {
            recorder.error("cannot connect: " + PahoErrors.describe(e));
            reconnectLater();
        }
    }

    /** The run is over: what is still in flight now counts as uncertain, whatever comes later. */
    void settle() {
        ended = true;
        for (Message message : inFlight) {
            if (inFlight.remove(message)) {
                recorder.uncertain(message);
                settled();
            }
        }
    }

    /** Says goodbye. */
    void close() {
        MqttAsyncClient current = client;
        if (current == null) {
            return;
        }
        try {
            if (up) {
                if (settings.status()) {
                    publishStatus(DeviceStatus.OFFLINE);
                }
                current.disconnect(CLOSE_TIMEOUT_MILLIS).waitForCompletion(2 * CLOSE_TIMEOUT_MILLIS);
            } else {
                current.disconnectForcibly(0, CLOSE_TIMEOUT_MILLIS, false);
            }
            current.close(true);
        } catch (MqttException e) {
            // It goes away either way; the server then sends the will.
        }
    }

    /** A message with its payload. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Outgoing(Message message, byte[] payload) {}

    /** What Paho tells about one message. */
    private final class Outcome implements MqttActionListener {
        private final Message message;

        Outcome(Message message) {
            this.message = message;
        }

        @Override
        public void onSuccess(IMqttToken token) {
            long now = System.nanoTime();
            int[] reasons = token.getReasonCodes();
            if (reasons != null && reasons.length > 0 && reasons[0] >= 0x80) {
                failed(message, new MqttException(reasons[0]));
            } else if (inFlight.remove(message)) {
                if (settings.qos() == 0) {
                    recorder.uncertain(message);
                } else {
                    recorder.acknowledged(message, now);
                }
                settled();
            }
        }

        @Override
        public void onFailure(IMqttToken token, Throwable cause) {
            // On a lost connection Paho calls this for all that is in flight, but keeps and resends it, and calls
            // again.
            // Without reconnecting, settle() counts it at the end.
            if (token.getResponse() != null) {
                failed(message, cause);
            }
        }
    }

    /** What Paho tells about the connection. */
    private final class Events implements MqttCallback {
        @Override
        public void disconnected(MqttDisconnectResponse response) {
            if (!up) {
                return;
            }
            up = false;
            recorder.connectionDown();
            if (!ended) {
                MqttException cause = response.getException();
                recorder.connectionLost(cause == null ? "closed by the server" : PahoErrors.describe(cause));
            }
            reconnectLater();
        }

        @Override
        public void mqttErrorOccurred(MqttException exception) {
            recorder.error("MQTT: " + PahoErrors.describe(exception));
        }

        @Override
        public void messageArrived(String topic, MqttMessage message) {
            // Nothing is subscribed to.
        }

        @Override
        public void deliveryComplete(IMqttToken token) {
            // The action listener of each message is told, too.
        }

        @Override
        public void connectComplete(boolean reconnect, String serverUri) {
            // The token of the connect call tells.
        }

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {
            // No enhanced authentication.
        }
    }
}
