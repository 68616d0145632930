package io.hearth.table.rocksdb;

/** Waiting for the table's own threads. */
final class Threads {
    private Threads() {}

    /** Waits until {@code thread} has ended, unless it is the caller; keeps an interrupt for later. */
    static void join(Thread thread) {
        if (thread == Thread.currentThread()) {
            return;
        }
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
