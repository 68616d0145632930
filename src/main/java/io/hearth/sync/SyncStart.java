package io.hearth.sync;

import io.hearth.table.TableException;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What is to be done once when the service starts. A step that fails keeps none of the others from being done, and is tried
 * again. Attempts are made by one thread at a time; the status may be read by any.
 */
final class SyncStart {
    private static final Logger LOG = Logger.getLogger(SyncStart.class);

    private final List<Step> open;
    private volatile Status status = new Status(false, 0, null);

    /** @param what for the log, as in "cannot finish …" */
    record Step(String what, Runnable action) {}

    /**
     * How the start goes.
     *
     * @param done whether every step has been done
     * @param failures how often a step has failed
     * @param lastError of the steps that are still to be done; null if none has failed
     */
    record Status(boolean done, int failures, @Nullable String lastError) {}

    SyncStart(List<Step> steps) {
        open = new ArrayList<>(steps);
    }

    /**
     * Tries each step that is still to be done, in order.
     *
     * @return whether all are done
     */
    boolean attempt() {
        String error = null;
        int failures = status.failures;
        for (Step step : List.copyOf(open)) {
            try {
                step.action.run();
                open.remove(step);
            } catch (RuntimeException e) {
                failures++;
                error = "cannot " + step.what + ": " + (e instanceof TableException ? e.getMessage() : e.toString());
                LOG.errorf(e, "The start of sync %s; it is tried again, the rest goes on", error);
            }
        }
        status = new Status(open.isEmpty(), failures, error);
        return open.isEmpty();
    }

    Status status() {
        return status;
    }
}
