package io.hearth.ingest.bulk;

import java.io.IOException;

/** A file that cannot be imported, or not to its end. */
public final class ImportFailedException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Why. */
    public enum Reason {
        /** As many files as are allowed are being imported: the same file may be taken later. */
        TOO_MANY,
        /** The file is larger than is allowed. */
        TOO_LARGE,
        /** The file is damaged; what came before the damage is stored. */
        DAMAGED
    }

    private final Reason reason;
    private final String detail;
    private final long stored;

    ImportFailedException(Reason reason, String detail, long stored) {
        super(detail);
        this.detail = detail;
        this.reason = reason;
        this.stored = stored;
    }

    public Reason reason() {
        return reason;
    }

    /** What is wrong, for the sender of the file. */
    public String detail() {
        return detail;
    }

    /** How many readings of the file are durable. They are stored once, however often the file is sent again. */
    public long stored() {
        return stored;
    }
}
