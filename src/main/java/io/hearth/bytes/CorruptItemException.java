package io.hearth.bytes;

import org.jspecify.annotations.Nullable;

/** A stored item is not what its format says. */
public final class CorruptItemException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CorruptItemException(String message) {
        this(message, null);
    }

    public CorruptItemException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
