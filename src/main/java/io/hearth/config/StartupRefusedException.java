package io.hearth.config;

import org.jspecify.annotations.Nullable;

/** The service must not start. The message is one sentence for the operator: what is wrong, and what to do about it. */
public final class StartupRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StartupRefusedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
