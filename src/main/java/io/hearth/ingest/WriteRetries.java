package io.hearth.ingest;

import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.ThrottledException;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/** How a write is tried again that the table refuses for the moment, or of which it does not tell whether it was done. */
final class WriteRetries {
    private static final Logger LOG = Logger.getLogger(WriteRetries.class);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(10);

    /** The longest time between two attempts. */
    static final Duration LAST_PAUSE = Duration.ofSeconds(1);

    /** How long a sender over HTTP waits for a table that refuses, before it is told so. */
    private static final Duration HTTP_PATIENCE = Duration.ofSeconds(10);

    private WriteRetries() {}

    /** Tries again for as long as a sender waits that wants an answer. */
    static Uni<Void> whilePatient(Uni<Void> write) {
        return write.onFailure(WriteRetries::isTransient)
                .retry()
                .withBackOff(FIRST_PAUSE, LAST_PAUSE)
                .expireIn(HTTP_PATIENCE.toMillis());
    }

    /** Tries again until the write is durable, as long as {@code goesOn} says so. */
    static Uni<Void> untilDurable(Uni<Void> write, BooleanSupplier goesOn) {
        return write.onFailure(failure -> isTransient(failure) && goesOn.getAsBoolean())
                .invoke(failure ->
                        LOG.warnf("The table refused a commit, which is tried again: %s", failure.getMessage()))
                .onFailure(failure -> isTransient(failure) && goesOn.getAsBoolean())
                .retry()
                .withBackOff(FIRST_PAUSE, LAST_PAUSE)
                .until(failure -> isTransient(failure) && goesOn.getAsBoolean());
    }

    private static boolean isTransient(Throwable failure) {
        return failure instanceof ThrottledException || failure instanceof OutcomeUnknownException;
    }
}
