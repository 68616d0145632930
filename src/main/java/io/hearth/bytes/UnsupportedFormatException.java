package io.hearth.bytes;

import org.jspecify.annotations.Nullable;

/**
 * Stored data have a format that this build does not know, as a later one may have written them. They are not damaged: nothing was touched,
 * and a build that knows the format can read them.
 */
public final class UnsupportedFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UnsupportedFormatException(String message) {
        this(message, null);
    }

    public UnsupportedFormatException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
