package io.hearth.limits;

/** A query cannot begin, or cannot go on: what it has held is to be let go of. */
public final class QueryRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Why it was refused. */
    public enum Reason {
        /** So many queries run that it would have had to wait too long. */
        TOO_MANY,
        /** The others hold so much memory that it would have had to wait too long. */
        MEMORY,
        /** It wants more memory than there is for all queries together. */
        TOO_LARGE,
        /** Its client has gone. */
        CLIENT_GONE
    }

    private final Reason reason;

    QueryRefusedException(Reason reason, String message) {
        // Part of the normal course, so without a stack trace.
        super(message, null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
