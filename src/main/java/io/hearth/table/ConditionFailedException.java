package io.hearth.table;

import org.jspecify.annotations.Nullable;

/** The stored item was not what the writer expected; nothing was written, so read again and retry. */
public final class ConditionFailedException extends TableException {
    private static final long serialVersionUID = 1L;

    public ConditionFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
