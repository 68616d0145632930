package io.hearth.promql;

import io.hearth.limits.QueryRefusedException;

/** A query that cannot be answered, in the terms in which Prometheus tells its clients. */
public final class PromQlException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What kind of failure it is; clients tell them apart by the name. */
    public enum Type {
        /** The query is malformed, or asks for something that is not there. */
        BAD_DATA,
        /** The query is sound, but not with these data or within the limits. */
        EXECUTION,
        /** The query took longer than it may, or waited longer for others than it may. */
        TIMEOUT,
        /** The client has gone. */
        CANCELED,
        /** What is stored cannot be read. */
        INTERNAL
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

    /** A query that did not get its part of what all queries share. */
    public static PromQlException of(QueryRefusedException refused) {
        Type type = switch (refused.reason()) {
            case TOO_MANY, MEMORY -> Type.TIMEOUT;
            case TOO_LARGE -> Type.EXECUTION;
            case CLIENT_GONE -> Type.CANCELED;
        };
        return new PromQlException(type, String.valueOf(refused.getMessage()));
    }

    static PromQlException bad(String message) {
        return new PromQlException(Type.BAD_DATA, message);
    }

    static PromQlException execution(String message) {
        return new PromQlException(Type.EXECUTION, message);
    }
}
