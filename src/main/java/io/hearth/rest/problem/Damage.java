package io.hearth.rest.problem;

import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.table.TableDamagedException;
import java.util.Optional;
import org.jboss.logging.Logger;

/** What of the stored data is damaged, as callers are told that met it. */
public final class Damage {
    private static final Logger LOG = Logger.getLogger(Damage.class);

    private Damage() {}

    /**
     * Logs that a request met damaged data.
     *
     * @return a sentence for the caller that names what is damaged, without paths of this machine; empty if {@code failure} is
     *     something else
     */
    public static Optional<String> metBy(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CorruptItemException || cause instanceof UnsupportedFormatException) {
                LOG.errorf("a request met damaged data: %s", cause.getMessage());
                return Optional.of("Damaged data: " + cause.getMessage());
            }
            if (cause instanceof TableDamagedException) {
                LOG.errorf("a request met damaged data: %s", cause.getMessage());
                return Optional.of("Damaged data: a file of the table; the service's log names it.");
            }
        }
        return Optional.empty();
    }
}
