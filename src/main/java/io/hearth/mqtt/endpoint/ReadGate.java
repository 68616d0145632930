package io.hearth.mqtt.endpoint;

import io.hearth.mqtt.InFlight;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;

/**
 * Turns the reading of a connection off while there is a reason to, and on again: back-pressure as far as the client's
 * socket. On the event loop, but for {@link #isHeld}.
 */
final class ReadGate implements PacketDecoder.Gate {
    private final Connection connection;
    private final Inbound inbound;
    private final InFlight inFlight;
    private final Channel channel;
    private volatile boolean held;
    private boolean shut;

    ReadGate(Connection connection, Inbound inbound, InFlight inFlight, Channel channel) {
        this.connection = connection;
        this.inbound = inbound;
        this.inFlight = inFlight;
        this.channel = channel;
    }

    @Override
    public boolean admits(boolean publish) {
        if (!mustWait(publish)) {
            return true;
        }
        hold();
        // Room may have come before held was set, and whoever made it saw no reason to tell us.
        if (mustWait(publish)) {
            return false;
        }
        unhold();
        return true;
    }

    /** Whether reading is off, so that the client's silence says nothing; on any thread. */
    boolean isHeld() {
        return held;
    }

    /** Turns reading off for good. */
    void shut() {
        shut = true;
        hold();
    }

    /** Turns reading on if it is off and no reason is left, beginning with what has been read already. */
    void release(PacketDecoder decoder) throws Exception {
        ChannelHandlerContext ctx = channel.pipeline().context(decoder);
        if (held && ctx != null && connection.isOpen() && !mustWait(true)) {
            unhold();
            decoder.resume(ctx);
        }
    }

    private boolean mustWait(boolean publish) {
        return shut
                || connection.isTakingOver()
                || !channel.isWritable()
                || (publish && (inbound.isFull() || inFlight.isFull()));
    }

    private void hold() {
        held = true;
        channel.config().setAutoRead(false);
    }

    private void unhold() {
        held = false;
        channel.config().setAutoRead(true);
    }
}
