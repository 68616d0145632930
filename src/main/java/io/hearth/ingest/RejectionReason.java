package io.hearth.ingest;

import java.util.Locale;

/** Why something could not be stored; the label of a metric and a field of the dead letter. */
public enum RejectionReason {
    /** The payload is not what its format asks for. */
    MALFORMED,
    /** The payload is larger than allowed. */
    TOO_LARGE,
    /** The device id is none. */
    INVALID_DEVICE,
    /** A reading has a value, a name or a time that cannot be stored. */
    INVALID_READING,
    /** The device time is too far ahead of the service's. */
    CLOCK_AHEAD,
    /** The device time is so old that the reading would have expired already. */
    CLOCK_BEHIND,
    /** The device has sent too many different metrics. */
    TOO_MANY_METRICS,
    /** It was erased after it came in, so playing it again does not bring it back. */
    ERASED,
    /** The service failed to handle it; a defect, whose cause is in the log. */
    INTERNAL;

    /** In lower case, as it is written outside. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
