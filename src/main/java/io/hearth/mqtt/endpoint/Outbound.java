package io.hearth.mqtt.endpoint;

import io.netty.channel.ChannelHandlerContext;
import java.util.BitSet;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What one client subscribed to, on its way to it. Bounded, for itself and by a {@link QueueBudget}: when a subscriber does not
 * keep up, messages of QoS 0 are dropped, and before one of QoS 1 would be, its connection is closed.
 */
final class Outbound {
    static final int MAX_QUEUED_MESSAGES = 16_384;
    /** How many messages of QoS 1 are sent before the first is acknowledged, unless the client wants fewer. */
    private static final int MAX_UNACKNOWLEDGED = 1024;
    /** What a queued message costs beside its topic, properties and payload, about. */
    static final int OVERHEAD_BYTES = 64;

    private final Services services;
    private final Connection connection;
    private final QueueBudget budget;
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
        this.budget = services.queues();
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
        int messages = queuedMessages.incrementAndGet();
        long before = queuedBytes.getAndAdd(routed.bytes());
        long bytes = before + routed.bytes();
        boolean hasRoom = budget.move(before, bytes);
        if (hasRoom
                && messages <= MAX_QUEUED_MESSAGES
                && bytes <= services.limits().queueBytesOfSession()) {
            queue.add(routed);
            if (connection.isOpen()) {
                connection.wake();
            } else {
                clearQueue();
            }
            return;
        }
        countOut(routed);
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
            if (routed == null || (routed.qos() > 0 && unacknowledged >= maxUnacknowledged)) {
                return;
            }
            if (isRetained) {
                nextRetained = null;
            } else {
                queue.remove();
                countOut(routed);
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
        clearQueue();
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

    /** On any thread, as a message may be queued just when the connection is closed. */
    private void clearQueue() {
        for (Routed routed = queue.poll(); routed != null; routed = queue.poll()) {
            countOut(routed);
        }
    }

    private void countOut(Routed routed) {
        queuedMessages.decrementAndGet();
        long before = queuedBytes.getAndAdd(-routed.bytes());
        budget.move(before, before - routed.bytes());
    }
}
