package io.hearth.table;

import org.jspecify.annotations.Nullable;

/** A table operation failed; the subclasses say what became of the data. */
public class TableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
