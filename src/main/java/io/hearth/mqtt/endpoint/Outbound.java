package io.hearth.mqtt.endpoint;

import io.netty.channel.ChannelHandlerContext;
import java.util.BitSet;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What one client subscribed to, on its way to it. Bounded: when a subscriber does not keep up, messages of QoS 0 are
 * dropped, and before one of QoS 1 would be, its connection is closed.
 */
final class Outbound {
    static final int MAX_QUEUED_MESSAGES = 16_384;
    static final long MAX_QUEUED_BYTES = 16L << 20;
    /** How many messages of QoS 1 are sent before the first is acknowledged, unless the client wants fewer. */
    private static final int MAX_UNACKNOWLEDGED = 1024;
    /** What a queued message costs beside its payload, about. */
    private static final int OVERHEAD_BYTES = 64;

    private final Services services;
    private final Connection connection;
    private final Queue<Routed> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queuedMessages = new AtomicInteger();
    private final AtomicLong queuedBytes = new AtomicLong();

    // On the event loop from here on.
    private final RetainedStream retained;
    /** The next retained message, if it has to wait for room. */
    private @Nullable Routed nextRetained;

    private final BitSet packetIds = new BitSet();
    private int unacknowledged;
    private int lastPacketId;
    private int maxUnacknowledged = MAX_UNACKNOWLEDGED;
    private long maxPacketBytes = Long.MAX_VALUE;

    Outbound(Services services, Connection connection) {
        this.services = services;
        this.connection = connection;
        this.retained = services.router().retainedStream();
    }

    /** What is retained on the topics that the client subscribes to; it is sent by {@link #drain}. */
    RetainedStream retained() {
        return retained;
    }

    /** Takes over what an MQTT 5 client says in its CONNECT that it can bear. */
    void limit(int receiveMaximum, long maximumPacketBytes) {
        maxUnacknowledged = Math.min(MAX_UNACKNOWLEDGED, receiveMaximum);
        maxPacketBytes = maximumPacketBytes;
    }

    /** Queues a message, on any thread, or does what {@link Outbound} says if there is no room. */
    void offer(Routed routed) {
        if (!connection.isOpen()) {
            return;
        }
        int size = sizeOf(routed);
        int messages = queuedMessages.incrementAndGet();
        long bytes = queuedBytes.addAndGet(size);
        if (messages <= MAX_QUEUED_MESSAGES && bytes <= MAX_QUEUED_BYTES) {
            queue.add(routed);
            connection.wake();
            return;
        }
        queuedMessages.decrementAndGet();
        queuedBytes.addAndGet(-size);
        if (routed.qos() == 0) {
            services.metrics().dropped();
        } else {
            connection.disconnectLater(ReasonCode.QUOTA_EXCEEDED, EndpointMetrics.Closed.SLOW_SUBSCRIBER);
        }
    }

    /**
     * Sends what the socket and the client's window take, without a flush. What is retained goes first: a message of now must
     * not be followed by an older one of its topic.
     */
    void drain(ChannelHandlerContext ctx) {
        retained.beginTurn();
        while (ctx.channel().isWritable()) {
            if (nextRetained == null) {
                nextRetained = retained.poll();
            }
            if (nextRetained == null && !retained.isDone()) {
                connection.wake();
                return;
            }
            boolean isRetained = nextRetained != null;
            Routed routed = isRetained ? nextRetained : queue.peek();
            if (routed == null || routed.qos() > 0 && unacknowledged >= maxUnacknowledged) {
                return;
            }
            if (isRetained) {
                nextRetained = null;
            } else {
                queue.remove();
                queuedMessages.decrementAndGet();
                queuedBytes.addAndGet(-sizeOf(routed));
            }
            send(routed, ctx);
        }
    }

    private void send(Routed routed, ChannelHandlerContext ctx) {
        boolean mqtt5 = connection.isMqtt5();
        if (Packets.publishBytes(routed, mqtt5) > maxPacketBytes) {
            // To be treated as if it had been sent [MQTT-3.1.2-25].
            services.metrics().dropped();
            return;
        }
        int packetId = routed.qos() == 0 ? 0 : takePacketId();
        connection.write(Packets.publish(ctx.alloc(), routed, packetId, mqtt5));
        services.metrics().sent();
    }

    /** The client has the message of this packet id. */
    void acknowledged(int packetId) {
        if (packetIds.get(packetId)) {
            packetIds.clear(packetId);
            unacknowledged--;
            connection.wake();
        }
    }

    /** Lets go of what waits, as the connection is closed. */
    void clear() {
        queue.clear();
        retained.clear();
        nextRetained = null;
    }

    private int takePacketId() {
        int next = packetIds.nextClearBit(lastPacketId + 1);
        lastPacketId = next <= 0xFFFF ? next : packetIds.nextClearBit(1);
        packetIds.set(lastPacketId);
        unacknowledged++;
        return lastPacketId;
    }

    private static int sizeOf(Routed routed) {
        Publish publish = routed.publish();
        return OVERHEAD_BYTES + publish.topic().length() + publish.payload().length + publish.properties().length;
    }
}
