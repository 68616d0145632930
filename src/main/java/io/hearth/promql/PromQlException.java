package io.hearth.promql;

/** A query that cannot be answered, in the terms in which Prometheus tells its clients. */
public final class PromQlException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What kind of failure it is; clients tell them apart by the name. */
    public enum Type {
        /** The query is malformed, or asks for something that is not there. */
        BAD_DATA,
        /** The query is sound, but not with these data or within the limits. */
        EXECUTION,
        /** The query took longer than it may. */
        TIMEOUT
    }

    private final Type type;

    public PromQlException(Type type, String message) {
        // Part of the normal course, so without a stack trace.
        super(message, null, false, false);
        this.type = type;
    }

    public Type type() {
        return type;
    }

    static PromQlException bad(String message) {
        return new PromQlException(Type.BAD_DATA, message);
    }

    static PromQlException execution(String message) {
        return new PromQlException(Type.EXECUTION, message);
    }
}
