package io.hearth.mqtt.external;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One network connection to the broker, from the attempt to make it to its end.
 *
 * <p>Each has a Paho client of its own: packet ids mean something within one connection only, so an acknowledgement that
 * comes late must not reach the next one, where the broker may have given its id to another message.
 */
final class BrokerSession implements MqttCallback, BrokerMessage.Origin {
    /** Hears how the session goes, on a thread of Paho; must be quick. */
    interface Listener {
        /**
         * Telemetry arrives over {@code session} from now on.
         *
         * @param resumed whether the broker had kept the session, and with it the messages since the last connection
         */
        void subscribed(BrokerSession session, boolean resumed);
    }

    private static final Logger LOG = Logger.getLogger(BrokerSession.class);
    private static final int QOS = 1;
    private static final int NO_RETAINED = 2;
    private static final Duration FORCE_PATIENCE = Duration.ofSeconds(3);

    private final BrokerOptions options;
    private final Intake intake;
    private final Listener listener;
    private final MqttAsyncClient client;
    private final int number;
    private final String clientId;
    private final CountDownLatch answered = new CountDownLatch(1);
    private final CompletableFuture<String> ended = new CompletableFuture<>();
    private volatile boolean taking = true;

    BrokerSession(BrokerOptions options, int number, Intake intake, Listener listener) throws MqttException {
        this.options = options;
        this.intake = intake;
        this.listener = listener;
        this.number = number;
        this.clientId = options.clientId(number);
        client = new MqttAsyncClient(options.uri(), clientId, new MemoryPersistence());
        client.setManualAcks(true);
        client.setCallback(this);
    }

    /**
     * Connects, subscribes, and takes what arrives until the connection ends.
     *
     * @return why it ended, in a sentence
     */
    String run() throws InterruptedException {
        try {
            client.connect(options.connectOptions(), null, new Answer() {
                @Override
                public void onSuccess(IMqttToken token) {
                    answered.countDown();
                    connected(token);
                }
            });
            if (!answered.await(options.answerPatience().toMillis(), TimeUnit.MILLISECONDS)) {
                end("the broker at " + options.address() + " did not answer within "
                        + options.answerPatience().toSeconds() + " s");
            }
            return ended.join();
        } catch (MqttException e) {
            return options.explain(e);
        } finally {
            stopTaking();
            disconnect();
        }
    }

    private void connected(IMqttToken connack) {
        boolean resumed = connack.getSessionPresent();
        warnIfSessionIsKeptShorter(connack.getResponseProperties());
        try {
            boolean inTurns = intake.servesShadowsInTurns();
            List<String> shared = new ArrayList<>(List.of(BrokerOptions.PLAIN_FILTER));
            if (!inTurns) {
                shared.addAll(intake.shadowFilters());
            }
            if (resumed && options.isShared()) {
                // From a time without a share group; with both subscriptions, each message would come twice.
                client.unsubscribe(shared.toArray(String[]::new));
            }
            Stream<String> filters = shared.stream().map(options::shared);
            if (inTurns && number == 1) {
                filters = Stream.concat(filters, intake.shadowFilters().stream());
            }
            MqttSubscription[] subscriptions =
                    filters.map(filter -> new MqttSubscription(filter, QOS)).toArray(MqttSubscription[]::new);
            // What is retained was not meant for now.
            Arrays.stream(subscriptions).forEach(subscription -> subscription.setRetainHandling(NO_RETAINED));
            // Again even in a resumed session, as Mosquitto forgets shared subscriptions when it restarts.
            client.subscribe(
                    subscriptions,
                    null,
                    new Answer() {
                        @Override
                        public void onSuccess(IMqttToken suback) {
                            subscribed(suback, resumed);
                        }
                    },
                    new MqttProperties());
        } catch (MqttException e) {
            end(options.explain(e));
        } catch (IllegalArgumentException e) {
            end("the broker does not offer subscriptions as " + options.filter());
        }
    }

    private void subscribed(IMqttToken suback, boolean resumed) {
        int[] granted = suback.getReasonCodes();
        if (granted == null || granted.length == 0 || granted[0] != QOS) {
            end("the broker refused the subscription to " + options.filter() + " (reason codes "
                    + Arrays.toString(granted) + ")");
            return;
        }
        if (Arrays.stream(granted).anyMatch(code -> code != QOS)) {
            LOG.warnf(
                    "The broker refused subscriptions to requests for shadows, so none are served over it (reason codes %s)",
                    Arrays.toString(granted));
        }
        listener.subscribed(this, resumed);
    }

    private void warnIfSessionIsKeptShorter(@Nullable MqttProperties connack) {
        Long seconds = connack == null ? null : connack.getSessionExpiryInterval();
        if (seconds != null && seconds < options.sessionExpirySeconds()) {
            LOG.warnf(
                    "The broker keeps the session of %s for %d s instead of %d s, and drops messages when the service is away for longer",
                    clientId, seconds, options.sessionExpirySeconds());
        }
    }

    /** Takes a message and returns when there is room for the next: until then Paho reads nothing more from its socket. */
    @Override
    public void messageArrived(String topic, MqttMessage message) {
        if (!taking) {
            return; // Not acknowledged, so the broker keeps it.
        }
        intake.take(topic, message, this);
        intake.awaitRoom(() -> taking);
    }

    /** Tells the broker that the message is durable. Without effect if the connection is gone: the broker delivers it again. */
    @Override
    public void acknowledge(BrokerMessage message) {
        if (message.qos() == 0 || ended.isDone()) {
            return;
        }
        try {
            client.messageArrivedComplete(message.packetId(), message.qos());
        } catch (MqttException e) {
            end(options.explain(e));
        }
    }

    /** The message was not kept. A broker delivers again what is not acknowledged, but only over a new connection. */
    @Override
    public void refuse(BrokerMessage message) {
        if (message.qos() > 0 && taking) {
            end("messages could not be stored, and the broker delivers them again over a new connection");
        }
    }

    /** Leaves to the broker whatever arrives from now on; what was taken can still be acknowledged. */
    void stopTaking() {
        taking = false;
        intake.wake();
    }

    /** Has {@link #run} return, for this reason unless there was one before. */
    void end(String reason) {
        ended.complete(reason);
        answered.countDown();
    }

    /** The session stays with the broker. Acknowledgements made before this go out before the connection is closed. */
    private void disconnect() throws InterruptedException {
        try {
            if (client.isConnected()) {
                client.disconnect(0).waitForCompletion(FORCE_PATIENCE.toMillis());
                return;
            }
        } catch (MqttException e) {
            LOG.debugf("The connection of %s did not close in order: %s", clientId, e.getMessage());
        }
        try {
            client.disconnectForcibly(0, 0, false);
        } catch (MqttException e) {
            LOG.debugf("The connection of %s was closed already: %s", clientId, e.getMessage());
        }
    }

    @Override
    public void disconnected(MqttDisconnectResponse response) {
        end(options.explain(response));
    }

    @Override
    public void mqttErrorOccurred(MqttException exception) {
        end(options.explain(exception));
    }

    @Override
    public void deliveryComplete(IMqttToken token) {}

    @Override
    public void connectComplete(boolean reconnect, String serverUri) {}

    @Override
    public void authPacketArrived(int reasonCode, MqttProperties properties) {}

    private abstract class Answer implements MqttActionListener {
        @Override
        public void onFailure(IMqttToken token, @Nullable Throwable failure) {
            end(options.explain(failure));
        }
    }
}
