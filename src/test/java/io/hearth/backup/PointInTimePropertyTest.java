package io.hearth.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.table.FakeClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random writes, backups, shippings and restarts; then every instant that was noted is restored and compared. */
final class PointInTimePropertyTest {
    private static final int STEPS = 250;

    @TempDir
    private Path directory;

    @Test
    void restore_toAnyInstant_isTheStateOfThatInstant() {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("PointInTimePropertyTest -Dseed=" + seed);
        Random random = new Random(seed);
        FakeClock clock = new FakeClock();
        Path backups = directory.resolve("backups");
        Path data = directory.resolve("data");
        Map<Instant, Map<String, String>> noted = new TreeMap<>();
        Map<String, String> state = new TreeMap<>();

        BackedUpTable it = new BackedUpTable(data, backups, clock);
        it.backups.backUp();
        for (int step = 0; step < STEPS; step++) {
            clock.advance(Duration.ofMillis(1 + random.nextInt(5_000)));
            String sort = String.valueOf(random.nextInt(30));
            String partition = "p" + random.nextInt(3);
            switch (random.nextInt(20)) {
                case 0 -> it.backups.backUp();
                case 1 -> it.backups.ship();
                case 2 -> {
                    it.close();
                    it = new BackedUpTable(data, backups, clock);
                }
                case 3, 4, 5 -> {
                    it.delete(partition, sort);
                    state.remove(partition + "/" + sort);
                }
                case 6, 7 -> {
                    clock.advance(Duration.ofMillis(1));
                    noted.put(clock.instant(), new TreeMap<>(state));
                }
                default -> {
                    String body = "v" + step + "x".repeat(random.nextInt(2_000));
                    it.put(partition, sort, body);
                    state.put(partition + "/" + sort, body);
                }
            }
        }
        clock.advance(Duration.ofSeconds(1));
        it.backups.ship();
        it.close();

        assertThat(noted).isNotEmpty();
        int restored = 0;
        for (Map.Entry<Instant, Map<String, String>> moment : noted.entrySet()) {
            Path target = directory.resolve("restored" + restored++);
            Restore.run(new Restore.Request(backups, target, moment.getKey(), null));
            assertThat(BackedUpTable.contents(target, clock))
                    .as("at %s, seed %d", moment.getKey(), seed)
                    .isEqualTo(moment.getValue());
        }
    }
}
