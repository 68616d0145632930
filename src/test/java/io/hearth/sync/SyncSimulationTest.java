package io.hearth.sync;

import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Regions that write, erase, crash and are cut off at random end up equal, and equal to what a recomputation of all that was
 * ever written says. One seed is one run. Some seeds are the same each time, others are new each time.
 * {@code -DSyncSimulationTest.seed=} plays one again, {@code -DSyncSimulationTest.seeds=} sets how many new ones there are.
 */
class SyncSimulationTest {
    private static final String NAME = SyncSimulationTest.class.getSimpleName();
    private static final int STEPS = 120;
    private static final int SAME_SEEDS = 250;
    private static final int NEW_SEEDS = 750;

    @Test
    void regions_whateverHappens_endUpEqualToTheOracle() {
        Long only = Long.getLong(NAME + ".seed");
        if (only != null) {
            run(only);
            return;
        }
        for (long seed = 1; seed <= SAME_SEEDS; seed++) {
            run(seed);
        }
        Random fresh = new Random();
        int seeds = Integer.getInteger(NAME + ".seeds", NEW_SEEDS);
        for (int i = 0; i < seeds; i++) {
            run(fresh.nextLong());
        }
    }

    /** One region had a run in part, from the chunk of another one, and took the whole one for known. */
    @Test
    void regionWithAPartOfARun_getsTheRest() {
        run(6244568342358205206L);
    }

    private static void run(long seed) {
        try {
            Random random = new Random(seed);
            Simulation simulation = new Simulation(random, 3 + random.nextInt(3), random.nextInt(4) == 0);
            for (int i = 0; i < STEPS; i++) {
                simulation.step();
            }
            simulation.settle();
            simulation.check();
        } catch (Exception | AssertionError e) {
            throw new AssertionError(
                    "seed " + seed + " (-D" + NAME + ".seed=" + seed + " plays it again): " + e.getMessage(), e);
        }
    }
}
