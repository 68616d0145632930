package io.hearth.backup;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random writes, backups, shippings and restarts; then every instant that was noted is restored and compared.
 *
 * <p>{@code -DPointInTimePropertyTest.seed=} plays one seed, {@code -DPointInTimePropertyTest.seeds=} so many fresh ones.
 */
final class PointInTimePropertyTest {
    private static final String NAME = PointInTimePropertyTest.class.getSimpleName();
    private static final int SEEDS = 5;
    private static final int STEPS = 80;
    private static final int INSTANTS = 5;

    @TempDir
    private Path directory;

    /** Seeds that once failed: three backups with no commit between them made a gap in the log. */
    @ParameterizedTest
    @ValueSource(longs = {7162249051897772286L, -3609620938635250630L, 2279408127520962794L})
    void restore_toAnyInstantOfASeedThatOnceFailed_isTheStateOfThatInstant(long seed) throws Exception {
        new PointInTimePlay(directory, seed, PointInTimePlay.FIRST_KINDS).play(250, Integer.MAX_VALUE);
    }

    /**
     * The first: a removal of what has expired was durable with a backup only, the service died before the log had it, and the log
     * went on behind the backup. The second: the clock was set back between commits and the shipping of them.
     */
    @ParameterizedTest
    @ValueSource(longs = {1492868730286134706L, -2138753569349902405L})
    void restore_toAnyInstantOfASeedOfAllKindsThatOnceFailed_isTheStateOfThatInstant(long seed) throws Exception {
        new PointInTimePlay(directory, seed, PointInTimePlay.ALL_KINDS).play(STEPS, INSTANTS);
    }

    @Test
    void restore_toAnyInstant_isTheStateOfThatInstant() throws Exception {
        Long replayed = Long.getLong(NAME + ".seed");
        int seeds = replayed == null ? Integer.getInteger(NAME + ".seeds", SEEDS) : 1;
        Random fresh = new Random();
        for (int i = 0; i < seeds; i++) {
            long seed = replayed == null ? fresh.nextLong() : replayed;
            Path place = directory.resolve(String.valueOf(i));
            try {
                new PointInTimePlay(place, seed, PointInTimePlay.ALL_KINDS).play(STEPS, INSTANTS);
            } catch (Exception | AssertionError e) {
                throw new AssertionError("replay with -D" + NAME + ".seed=" + seed, e);
            }
            System.out.println("played -D" + NAME + ".seed=" + seed);
            DurableFiles.removeTree(place);
        }
    }
}
