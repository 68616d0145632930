package io.hearth.sync;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Regions that write, erase, seal, crash, are restored, have wrong clocks, and are cut off at random end up equal, and equal to what
 * a recomputation of all that was ever written says. One seed is one run. Some are the same each time, among them those that found a
 * fault; the others are new each time, and one that fails is named. {@code -DSyncSimulationTest.seed=} repeats one;
 * {@code -DSyncSimulationTest.seeds=} sets how many new ones there are; {@code -DSyncSimulationTest.first=} has them count from a
 * number on instead.
 */
class SyncSimulationTest {
    private static final String NAME = SyncSimulationTest.class.getSimpleName();
    private static final int STEPS = 120;

    /** About half a minute of one core, together. */
    private static final int SAME_SEEDS = 240;

    /** The night plays more. */
    private static final int NEW_SEEDS = 10;

    /** Each found a fault. */
    private static final List<Long> FOUND = List.of(27L, 96L, 179L, 234L, 241L, 601L, 942L, 1235L, 1368L, 1393L);

    @Test
    void regions_whateverHappens_endUpEqualToTheOracle() {
        Long only = Long.getLong(NAME + ".seed");
        if (only != null) {
            run(only);
            return;
        }
        int seeds = Integer.getInteger(NAME + ".seeds", NEW_SEEDS);
        Long first = Long.getLong(NAME + ".first");
        Random fresh = new Random();
        for (int i = 0; i < seeds; i++) {
            run(first == null ? fresh.nextLong() : first + i);
        }
    }

    @Test
    void seeds_thatFoundAFault_pass() {
        FOUND.forEach(SyncSimulationTest::run);
    }

    @Test
    void seeds_thatAreTheSameEachTime_pass() {
        // Not counted up: the first numbers of such seeds are alike.
        Random same = new Random(1);
        for (int i = 0; i < SAME_SEEDS; i++) {
            run(same.nextLong());
        }
    }

    private static void run(long seed) {
        try {
            new Simulation(new Random(seed)).run(STEPS);
        } catch (Exception | AssertionError e) {
            throw new AssertionError(
                    "seed " + seed + " (-D" + NAME + ".seed=" + seed + " repeats it): " + e.getMessage(), e);
        }
    }
}
