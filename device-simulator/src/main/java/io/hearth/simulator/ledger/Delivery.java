package io.hearth.simulator.ledger;

/** What is known of a reading that was sent. */
public enum Delivery {
    /** The service acknowledged it: it must be stored exactly once. */
    ACKNOWLEDGED,
    /** Sent, but no acknowledgement came (or QoS 0 has none): it may be stored once or not at all. */
    UNCERTAIN
}
