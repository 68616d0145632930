package io.hearth;

import java.util.concurrent.ThreadLocalRandom;

/**
 * Seeds of tests that draw at random. Every run prints the seed and how to play the same again; the property is named after
 * the test class, so a run of all tests with one seed given leaves the seeds of the others as they are.
 */
public final class Seed {
    private Seed() {}

    /** The seed that {@code -D<class>.seed=} gives, else a fresh one. Prints it. */
    public static long of(Class<?> test) {
        return of(test, "");
    }

    /**
     * As {@link #of(Class)}, for one of several runs of a test.
     *
     * @param run what to print with it
     */
    public static long of(Class<?> test, String run) {
        Long given = Long.getLong(test.getSimpleName() + ".seed");
        long seed = given == null ? ThreadLocalRandom.current().nextLong() : given;
        System.out.println(test.getSimpleName() + (run.isEmpty() ? "" : " " + run) + ": " + replay(test, seed));
        return seed;
    }

    /** How to play a run again, for the message of a failure. */
    public static String replay(Class<?> test, long seed) {
        return "replay with -D" + test.getSimpleName() + ".seed=" + seed;
    }
}
