package io.hearth.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.RegionId;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Regions that write, erase, crash and are cut off at random end up equal, and equal to what a recomputation of all that was
 * ever written says. One seed is one run: {@code -Dseed=} repeats it; {@code -Dfirst=} and
 * {@code -Dseeds=} set with which to begin and how many there are.
 */
class SyncSimulationTest {
    private static final int STEPS = 120;

    @Test
    void regions_whateverHappens_endUpEqualToTheOracle() throws Exception {
        Long only = Long.getLong("seed");
        if (only != null) {
            run(only);
            return;
        }
        long first = Long.getLong("first", 1);
        for (long seed = first; seed < first + Integer.getInteger("seeds", 2000); seed++) {
            run(seed);
        }
    }

    /** One region had a run in part, from the chunk of another one, and took the whole one for known. */
    @Test
    void regionWithAPartOfARun_getsTheRest() throws Exception {
        run(6244568342358205206L);
    }

    private static void run(long seed) throws Exception {
        try {
            Random random = new Random(seed);
            Simulation simulation = new Simulation(random, 3 + random.nextInt(3), random.nextInt(4) == 0);
            for (int i = 0; i < STEPS; i++) {
                simulation.step();
            }
            simulation.settle();
            simulation.check();
        } catch (Exception | AssertionError e) {
            throw new AssertionError("seed " + seed + " (-Dseed=" + seed + " repeats it): " + e.getMessage(), e);
        }
    }

    @Test
    void everyRegion_isNamed() {
        List<RegionId> ids = IntStream.range(0, 5).mapToObj(Simulation::id).toList();

        assertThat(ids).doesNotHaveDuplicates();
    }
}
