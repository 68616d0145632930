package io.hearth.table;

import org.jspecify.annotations.Nullable;

/** What is stored is not what was written: the message names the file and the place. Trying again does not help. */
public final class TableDamagedException extends TableException {
    private static final long serialVersionUID = 1L;

    public TableDamagedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
