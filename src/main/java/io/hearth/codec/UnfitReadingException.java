package io.hearth.codec;

/** What is wrong with a reading whose JSON is sound. */
final class UnfitReadingException extends Exception {
    private static final long serialVersionUID = 1L;

    UnfitReadingException(String message) {
        super(message, null, false, false);
    }
}
