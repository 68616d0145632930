package io.hearth.mqtt.endpoint;

import io.hearth.ingest.Delivery;
import io.hearth.ingest.Origin;
import io.hearth.mqtt.ShadowTopics;
import io.hearth.mqtt.StatusTopic;
import io.hearth.mqtt.TelemetryTopic;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What one client publishes: takes it in, and answers in the order of arrival when it is durable. On the event loop, but for
 * {@link #answerReady}.
 */
final class Inbound {
    /**
     * How many publishes of one connection may be unanswered. An MQTT 5 client is told, as its Receive Maximum; of another
     * client nothing more is read until there is room.
     */
    static final int MAX_UNANSWERED = 1024;

    private static final int ACK_BUFFER_BYTES = 256;
    private static final long MAX_AHEAD_MICROS = 1_000_000;

    private final Services services;
    private final Connection connection;
    private final Queue<Answer> unanswered = new ArrayDeque<>();
    private int unansweredQos0;
    /** QoS 2: received and not released, so the same id again is the same message; and those of them told so. */
    private final BitSet unreleased = new BitSet();

    private final BitSet told = new BitSet();
    private int uncompleted;
    private long lastIngestMicros;

    Inbound(Services services, Connection connection) {
        this.services = services;
        this.connection = connection;
    }

    /** Whether reading has to wait for answers to this client. */
    boolean isFull() {
        return connection.isMqtt5() ? unansweredQos0 >= MAX_UNANSWERED : unanswered.size() >= MAX_UNANSWERED;
    }

    boolean isIdle() {
        return unanswered.isEmpty();
    }

    void accept(Publish publish, ChannelHandlerContext ctx) {
        services.metrics().received(publish.qos());
        if (publish.qos() == 2 && unreleased.get(publish.packetId())) {
            if (told.get(publish.packetId())) {
                writeAck(ctx, Packets.PUBREC, publish.packetId());
            }
            return;
        }
        if (publish.qos() > 0 && connection.isMqtt5() && owed() >= MAX_UNANSWERED) {
            throw new ProtocolViolation(
                    ReasonCode.RECEIVE_MAXIMUM_EXCEEDED, "more publishes in flight than the Receive Maximum");
        }
        String device = TelemetryTopic.deviceOf(publish.topic());
        ShadowTopics.Request request = device == null ? shadowRequest(publish) : null;
        if (device == null && request == null && publish.isCutOff()) {
            throw new ProtocolViolation(
                    ReasonCode.PACKET_TOO_LARGE, "a payload of " + publish.payloadBytes() + " bytes");
        }
        if (request == null && isReserved(publish)) {
            throw new ProtocolViolation(ReasonCode.NOT_AUTHORIZED, "a PUBLISH to a topic that is the service's own");
        }
        if (publish.qos() == 2) {
            unreleased.set(publish.packetId());
        }
        ConnectionEvents.Session session = connection.session();
        if (device == null && session != null) {
            services.events().published(publish, session);
        }
        take(publish, device, request);
    }

    private ShadowTopics.@Nullable Request shadowRequest(Publish publish) {
        return services.shadows().topics().request(publish.topic());
    }

    /** Whether only the service publishes to the topic, unless it is a request (MQTT 5.0, section 4.7.2). */
    private boolean isReserved(Publish publish) {
        return Topics.isReserved(publish.topic()) || services.shadows().topics().isOfShadows(publish.topic());
    }

    /**
     * Publishes the will of a client that is gone; nobody waits for an answer. A will is no request for a shadow, as with AWS:
     * published late, it would overwrite what a newer session of the device has reported. For the same reason, after the will
     * of a session that its device has left behind, the status topic gets again what it had before, and retains nothing if it
     * had nothing.
     */
    void acceptWill(Publish will) {
        if (isReserved(will)) {
            return;
        }
        ConnectionEvents.Session session = connection.session();
        Publish before = services.router().retainedOf(will.topic());
        take(will, TelemetryTopic.deviceOf(will.topic()), null);
        if (session != null) {
            services.events().willPublished(will, session).thenAccept(isOnline -> {
                if (isOnline && before == null) {
                    services.router().forgetRetained(will);
                } else if (isOnline && before != null && Boolean.TRUE.equals(StatusTopic.isOnline(before.payload()))) {
                    connection.execute(() -> restoreRetained(before, will));
                }
            });
        }
    }

    /** The device is online by another session, so what that has published is retained again, unless there is news already. */
    private void restoreRetained(Publish before, Publish will) {
        CompletionStage<Void> retained = services.router().retainAgain(before, will);
        if (retained != null) {
            Answer answer = enqueue(before);
            retained.whenComplete((done, failure) -> answer.settle());
        }
    }

    private void take(Publish publish, @Nullable String device, ShadowTopics.@Nullable Request request) {
        Answer answer = enqueue(publish);
        boolean clearsRetained = publish.retain() && publish.payloadBytes() == 0;
        if (device != null && !clearsRetained) {
            services.telemetry().emit(new Answer.Telemetry(answer, delivery(publish, device), services.router()));
        } else if (request != null) {
            // Never retained: a request is for now.
            services.shadows()
                    .accept(
                            request,
                            publish.payload(),
                            publish.payloadBytes(),
                            "mqtt:" + connection.clientId(),
                            answer::settle);
        } else if (publish.retain()) {
            services.router().retain(publish, answer);
        } else {
            answer.settle();
        }
    }

    private Answer enqueue(Publish publish) {
        if (publish.qos() == 0) {
            unansweredQos0++;
        }
        Answer answer = new Answer(this, publish, connection.readNanos());
        unanswered.add(answer);
        services.inFlight().enter(publish.payload().length);
        return answer;
    }

    /** QoS 2, second half: the client will not send the message again. */
    void release(int packetId, ChannelHandlerContext ctx) {
        if (unreleased.get(packetId) && !told.get(packetId)) {
            throw new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, "a PUBREL before its PUBREC");
        }
        if (told.get(packetId)) {
            unreleased.clear(packetId);
            told.clear(packetId);
            uncompleted--;
        }
        writeAck(ctx, Packets.PUBCOMP, packetId);
    }

    /** Called on any thread. */
    void answerReady() {
        connection.wake();
    }

    /** Sends the answers that are due, without a flush; also counts them out when the client is gone. */
    void sendAnswers(ChannelHandlerContext ctx) {
        ByteBuf acks = null;
        boolean failed = false;
        Answer answer;
        while ((answer = unanswered.peek()) != null && !answer.isWaiting()) {
            unanswered.remove();
            Publish publish = answer.publish();
            services.inFlight().leave(publish.payload().length);
            if (publish.qos() == 0) {
                unansweredQos0--;
            }
            if (!answer.isSettled()) {
                failed = true;
                continue;
            }
            // After a failure nothing is acknowledged any more, so that the order of the client's resending is its own.
            if (publish.qos() > 0 && !failed && connection.isOpen()) {
                acks = acks == null ? ctx.alloc().buffer(ACK_BUFFER_BYTES) : acks;
                acknowledge(publish, acks);
                services.metrics().acknowledged(answer.receivedNanos());
            }
            services.router().route(publish, connection);
        }
        if (acks != null) {
            connection.write(acks);
        }
        if (failed) {
            connection.disconnect(ReasonCode.IMPLEMENTATION_SPECIFIC, EndpointMetrics.Closed.NOT_DURABLE);
        }
    }

    private void acknowledge(Publish publish, ByteBuf acks) {
        if (publish.qos() == 2) {
            told.set(publish.packetId());
            uncompleted++;
        }
        Packets.writeAck(acks, publish.qos() == 2 ? Packets.PUBREC : Packets.PUBACK, publish.packetId());
    }

    /** What counts against the Receive Maximum: not acknowledged, or of QoS 2 and not completed (MQTT 5.0, 4.9). */
    private int owed() {
        return unanswered.size() - unansweredQos0 + uncompleted;
    }

    private Delivery delivery(Publish publish, String device) {
        Origin origin =
                publish.packetId() == 0 ? null : new Origin(connection.clientId(), publish.packetId(), publish.dup());
        return new Delivery(publish.topic(), device, publish.payload(), publish.payloadBytes(), ingestMicros(), origin);
    }

    /**
     * The time of arrival; never the same twice on a connection, as it becomes the time of readings that have none, and two
     * readings of one time are one. What arrives at once runs ahead of the clock a little; if it is more, the clock was set
     * back, and is followed.
     */
    private long ingestMicros() {
        long now = connection.readMicros();
        long next = Math.max(now, lastIngestMicros + 1);
        lastIngestMicros = next - now > MAX_AHEAD_MICROS ? now : next;
        return lastIngestMicros;
    }

    private void writeAck(ChannelHandlerContext ctx, int type, int packetId) {
        ByteBuf ack = ctx.alloc().buffer(Packets.ACK_BYTES);
        Packets.writeAck(ack, type, packetId);
        connection.write(ack);
        connection.wake();
    }
}
