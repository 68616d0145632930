package io.hearth.simulator.publish;

import org.jspecify.annotations.Nullable;

/**
 * One telemetry message: which device, when, which values. Holds numbers and not the payload, which can be written again
 * from them byte for byte when the message has to be resent. Reused by the raw client; not for sharing between threads.
 */
public final class Message {

    /** Progress of the acknowledgement. */
    public enum State {
        FREE,
        /** Waiting for PUBACK, or at QoS 2 for PUBREC. */
        PUBLISHED,
        /** QoS 2: PUBREC came, so the message is the server's; waiting for PUBCOMP. */
        RELEASED,
        /** Acknowledged, but it was sent twice and a second acknowledgement is to come. */
        ACKNOWLEDGED
    }

    /** A message of fixed content. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Raw(byte[] topic, byte[] payload) {}

    /** As many as {@link #readings}; there may be room for more. */
    public final long[] deviceTimesMicros;

    public final long[] values;

    public int readings;
    public int device;
    /** When the schedule wanted it sent, which latency is measured from. */
    public long intendedNanos;

    /** Whether the service is expected not to store it, though it acknowledges it. */
    public boolean refused;

    /** Not telemetry: topic and payload as they are; null otherwise. */
    @Nullable
    public Raw raw;

    public int packetId;
    public State state = State.FREE;
    /** Acknowledgements to come before the packet id is free: more than one if it was sent twice on this connection. */
    public int acknowledgementsDue;
    /** When it was first sent, {@link System#nanoTime()}. */
    long sentNanos;
    /** Order of first sending within the connection. */
    public long order;

    /** @param readings most that it can hold, and how many it holds at first */
    public Message(int readings, int valuesPerReading) {
        this.readings = readings;
        deviceTimesMicros = new long[readings];
        values = new long[readings * valuesPerReading];
    }
}
