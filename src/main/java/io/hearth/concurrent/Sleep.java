package io.hearth.concurrent;

/** Pauses of threads that do something again and again. */
public final class Sleep {
    private Sleep() {}

    /** Sleeps for so many milliseconds. An interrupt ends the sleep early, and the thread stays interrupted. */
    public static void forMillis(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
