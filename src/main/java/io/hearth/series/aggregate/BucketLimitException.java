package io.hearth.series.aggregate;

/** More buckets were asked for than one answer may have; the message says of what, and what to ask instead. */
public final class BucketLimitException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    BucketLimitException(String message) {
        super(message);
    }
}
