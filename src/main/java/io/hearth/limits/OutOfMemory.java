package io.hearth.limits;

import org.jboss.logging.Logger;

/** Ends the process when memory cannot be allocated, of the heap or outside of it. */
final class OutOfMemory {
    /** What the JVM itself ends with under {@code -XX:+ExitOnOutOfMemoryError}. */
    private static final int EXIT_CODE = 3;

    private static final Logger LOG = Logger.getLogger(OutOfMemory.class);

    private OutOfMemory() {}

    /**
     * Ends the process if a failure is for want of memory. Netty throws an error of its own when direct memory is used up, which
     * the JVM's option for an end of the process does not see; the process would go on and serve nobody.
     */
    static void endProcessIf(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof OutOfMemoryError) {
                LOG.fatalf("out of memory, so the process ends: %s", cause.getMessage());
                Runtime.getRuntime().halt(EXIT_CODE);
            }
        }
    }
}
