package io.hearth.ingest;

/** Hears what became of a {@link Delivery}. Exactly one of the methods is called, once, on any thread; both must be quick. */
public interface Receipt {
    /** Everything in it is durable: as readings, as a dead letter, or both. The sender may be told. */
    void settled();

    /** It could not be kept, as the service is stopping. The sender must not be told that it was, and will send again. */
    void failed(Throwable cause);
}
