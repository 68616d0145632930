package io.hearth.shadow.document;

import org.jspecify.annotations.Nullable;

/** A request was refused; nothing has changed. */
public final class ShadowException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ShadowError error;
    private final @Nullable String clientToken;

    public ShadowException(ShadowError error, @Nullable String clientToken) {
        super(error.message(), null, false, false);
        this.error = error;
        this.clientToken = clientToken;
    }

    public ShadowError error() {
        return error;
    }

    /** The token of the request, as far as one could be read; to be sent back. */
    public @Nullable String clientToken() {
        return clientToken;
    }
}
