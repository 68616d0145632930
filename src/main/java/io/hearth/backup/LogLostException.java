package io.hearth.backup;

import java.io.IOException;

/** What was shipped is not where it was put, so that the log cannot go on: another one has to begin, with a backup. */
final class LogLostException extends IOException {
    private static final long serialVersionUID = 1L;

    LogLostException(String message) {
        super(message);
    }
}
