package io.hearth.codec;

/** A payload is not what its format asks for; nothing of it was decoded. The message tells a sender what is wrong. */
public final class MalformedPayloadException extends Exception {
    private static final long serialVersionUID = 1L;

    public MalformedPayloadException(String message) {
        super(message);
    }
}
