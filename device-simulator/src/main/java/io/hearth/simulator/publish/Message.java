package io.hearth.simulator.publish;

/**
 * One telemetry message: which device, when, which values. Holds numbers and not the payload, which can be written again
 * from them byte for byte when the message has to be resent. Reused by the raw client; not for sharing between threads.
 */
final class Message {

    /** Progress of the acknowledgement. */
    enum State {
        FREE,
        /** Waiting for PUBACK, or at QoS 2 for PUBREC. */
        PUBLISHED,
        /** QoS 2: PUBREC came, so the message is the server's; waiting for PUBCOMP. */
        RELEASED
    }

    final long[] deviceTimesMicros;
    final long[] values;

    int device;
    /** When the schedule wanted it sent, which latency is measured from. */
    long intendedNanos;

    int packetId;
    State state = State.FREE;
    /** Order of first sending within the connection. */
    long order;

    Message(int readings, int valuesPerReading) {
        deviceTimesMicros = new long[readings];
        values = new long[readings * valuesPerReading];
    }
}
