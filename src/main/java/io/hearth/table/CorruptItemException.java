package io.hearth.table;

/** A stored item is not what its format says. */
public final class CorruptItemException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CorruptItemException(String message) {
        super(message);
    }
}
