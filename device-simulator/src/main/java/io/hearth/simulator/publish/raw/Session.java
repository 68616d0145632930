package io.hearth.simulator.publish.raw;

import io.hearth.simulator.publish.WireBuffer;
import java.io.IOException;

/** What one connection of a {@link ConnectionLoop} is there for. Called by the loop's thread alone. */
public abstract class Session {

    /** From {@link #lost}: do not connect again. */
    static final long NEVER = Long.MAX_VALUE;

    /** Set by {@link ConnectionLoop#add}. */
    @SuppressWarnings("NullAway.Init")
    public RawConnection connection;

    /** Whether only so many of its like may be connecting at the same time. */
    public boolean waitsItsTurn() {
        return true;
    }

    /**
     * Writes what is sent first on a new connection: CONNECT, as a rule.
     *
     * @param cleanSession whether the server is to forget what it knows of the client
     */
    public abstract void writeConnect(WireBuffer out, boolean cleanSession);

    /** CONNACK came and accepts. {@code out} is empty; what is written to it is sent. */
    public abstract void up(boolean again, WireBuffer out, long nowNanos);

    /**
     * A whole packet other than CONNACK came.
     *
     * @param head its first byte, type and flags
     * @param bytes holds its body from {@code at} on; only valid during the call
     */
    public abstract void packet(int head, byte[] bytes, int at, int length, long nowNanos) throws IOException;

    /**
     * The connection takes bytes: sends what is due.
     *
     * @return whether there is more that only the size of a write kept back
     */
    public abstract boolean send(WireBuffer out, long nowNanos) throws IOException;

    /**
     * The connection is gone, or never came to be.
     *
     * @param before what it was in; {@link RawConnection.State#UP} if it could be used
     * @return {@link System#nanoTime()} at which to connect again, or {@link #NEVER}
     */
    public abstract long lost(RawConnection.State before, String reason, long nowNanos);
}
