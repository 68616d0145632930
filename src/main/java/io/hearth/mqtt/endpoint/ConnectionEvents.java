package io.hearth.mqtt.endpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hearth.model.DeviceId;
import io.hearth.mqtt.StatusTopic;
import io.hearth.presence.DevicePresence;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Tells who comes and goes: subscribers, by the lifecycle events of AWS IoT, {@code
 * $aws/events/presence/connected|disconnected/{clientId}}, and the presence of devices, to which a connection belongs whose
 * client id is the device's id.
 */
final class ConnectionEvents {
    private static final String PREFIX = "$aws/events/presence/";
    /** Client ids whose connections are counted: 100,000 of 36 characters. */
    private static final long COUNTED_CLIENTS_BYTES = 16L << 20;

    private static final int COUNTED_CLIENT_OVERHEAD_BYTES = 100;
    private static final JsonFactory JSON = new JsonFactory();

    private final Router router;
    private final DevicePresence presence;
    private final UnknownDevices unknown;
    private final EndpointMetrics metrics;
    private final InstantSource clock;
    private final AtomicLong sessions = new AtomicLong();

    /** How often each client has connected, to order its events by; begins anew after an hour, as with AWS. */
    private final Cache<String, AtomicLong> versions = Caffeine.newBuilder()
            .maximumWeight(COUNTED_CLIENTS_BYTES)
            .weigher((String client, AtomicLong version) -> COUNTED_CLIENT_OVERHEAD_BYTES + 2 * client.length())
            .expireAfterAccess(Duration.ofHours(1))
            .build();

    ConnectionEvents(
            Router router,
            DevicePresence presence,
            UnknownDevices unknown,
            EndpointMetrics metrics,
            InstantSource clock) {
        this.router = router;
        this.presence = presence;
        this.unknown = unknown;
        this.metrics = metrics;
        this.clock = clock;
    }

    /**
     * A connection in MQTT's sense.
     *
     * @param number tells the sessions of this process apart; above 0
     * @param chosenId whether the client chose its id, so that it may be a device's
     * @param version counts the connections of this client
     */
    record Session(
            String clientId,
            long number,
            boolean chosenId,
            @Nullable String username,
            @Nullable String address,
            UUID id,
            long version) {}

    /** A client has been let in. */
    Session connected(String clientId, boolean chosenId, @Nullable String username, @Nullable String address) {
        AtomicLong version = versions.get(clientId, id -> new AtomicLong(-1));
        Session session = new Session(
                clientId,
                sessions.incrementAndGet(),
                chosenId,
                username,
                address,
                UUID.randomUUID(),
                version == null ? 0 : version.incrementAndGet());
        if (isDevice(session)) {
            presence.connected(new DeviceId(clientId), session.number());
        }
        publish("connected", session, null);
        return session;
    }

    /**
     * A client's session is over.
     *
     * @param byClient whether the client said goodbye
     * @param reason why the server ended it; null if it did not
     */
    void disconnected(Session session, boolean byClient, EndpointMetrics.@Nullable Closed reason) {
        if (isDevice(session)) {
            presence.disconnected(new DeviceId(session.clientId()), session.number());
        }
        publish("disconnected", session, reasonOf(byClient, reason));
    }

    /** A client says something on a topic; what is no status of a device is passed over. */
    void published(Publish publish, Session by) {
        DeviceId device = deviceOf(publish);
        Boolean online = device == null ? null : StatusTopic.isOnline(publish.payload());
        if (device != null && online != null && admits(device, online)) {
            presence.said(device, online, by.number());
        }
    }

    /**
     * A client's last will says something on a topic; what is no status of a device is passed over.
     *
     * @return whether it says offline of a device that is online all the same, by another session
     */
    CompletionStage<Boolean> willPublished(Publish will, Session by) {
        DeviceId device = deviceOf(will);
        Boolean online = device == null ? null : StatusTopic.isOnline(will.payload());
        if (device == null || online == null || !admits(device, online)) {
            return CompletableFuture.completedStage(false);
        }
        return online
                ? presence.said(device, true, by.number()).thenApply(done -> false)
                : presence.willSaid(device, by.number());
    }

    private boolean admits(DeviceId device, boolean online) {
        boolean admitted = unknown.admits(device, online);
        if (!admitted) {
            metrics.limited(EndpointMetrics.Limited.STATUS);
        }
        return admitted;
    }

    private static @Nullable DeviceId deviceOf(Publish publish) {
        String device = StatusTopic.deviceOf(publish.topic());
        return device == null || !DeviceId.isValid(device) ? null : new DeviceId(device);
    }

    private static boolean isDevice(Session session) {
        return session.chosenId() && DeviceId.isValid(session.clientId());
    }

    private static String reasonOf(boolean byClient, EndpointMetrics.@Nullable Closed reason) {
        if (reason == null) {
            return byClient ? "CLIENT_INITIATED_DISCONNECT" : "CONNECTION_LOST";
        }
        return switch (reason) {
            case PROTOCOL_ERROR -> "CLIENT_ERROR";
            case KEEP_ALIVE -> "MQTT_KEEP_ALIVE_TIMEOUT";
            case TAKEN_OVER -> "DUPLICATE_CLIENTID";
            case SLOW_SUBSCRIBER -> "THROTTLED";
            case NOT_DURABLE, FAILURE -> "SERVER_ERROR";
            case SHUTDOWN -> "SERVER_INITIATED_DISCONNECT";
        };
    }

    /** To nobody if the client id is no level of a topic, as with AWS. */
    private void publish(String type, Session session, @Nullable String disconnectReason) {
        String clientId = session.clientId();
        if (clientId.indexOf('+') >= 0 || clientId.indexOf('#') >= 0 || clientId.indexOf('/') >= 0) {
            return;
        }
        byte[] payload = payload(type, session, disconnectReason);
        Publish event = new Publish(
                PREFIX + type + '/' + clientId, 1, false, false, 0, Publish.NO_BYTES, payload, payload.length);
        router.route(event, null);
    }

    private byte[] payload(String type, Session session, @Nullable String disconnectReason) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("clientId", session.clientId());
            json.writeNumberField("timestamp", clock.millis());
            json.writeStringField("eventType", type);
            json.writeStringField("sessionIdentifier", session.id().toString());
            json.writeStringField("principalIdentifier", session.username() == null ? "" : session.username());
            if (session.address() != null) {
                json.writeStringField("ipAddress", session.address());
            }
            if (disconnectReason != null) {
                json.writeBooleanField(
                        "clientInitiatedDisconnect", disconnectReason.equals("CLIENT_INITIATED_DISCONNECT"));
                json.writeStringField("disconnectReason", disconnectReason);
            }
            json.writeNumberField("versionNumber", session.version());
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
