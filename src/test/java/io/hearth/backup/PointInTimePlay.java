package io.hearth.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.table.FakeClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** One play of {@link PointInTimePropertyTest}: a table with backups, and what each instant has to be restored to. */
final class PointInTimePlay {
    /** Kinds of steps that there were at first: with these, seeds of then play what they played. */
    static final int FIRST_KINDS = 20;

    static final int ALL_KINDS = FIRST_KINDS;

    private final Path directory;
    private final Path backups;
    private final Path data;
    private final Random random;
    private final int kinds;
    private final FakeClock clock = new FakeClock();
    private final Map<Instant, Map<String, String>> noted = new TreeMap<>();
    private final Map<String, String> state = new TreeMap<>();
    private BackedUpTable it;

    PointInTimePlay(Path directory, long seed, int kinds) {
        this.directory = directory;
        this.kinds = kinds;
        random = new Random(seed);
        backups = directory.resolve("backups");
        data = directory.resolve("data");
        it = new BackedUpTable(data, backups, clock);
    }

    /** @param instants at most so many of those that were noted are restored */
    void play(int steps, int instants) {
        try {
            it.backups.backUp();
            for (int step = 0; step < steps; step++) {
                step(step);
            }
            note();
            clock.advance(Duration.ofSeconds(1));
            it.backups.ship();
        } finally {
            it.close();
        }
        restore(instants);
    }

    private void step(int step) {
        clock.advance(Duration.ofMillis(1 + random.nextInt(5_000)));
        String sort = String.valueOf(random.nextInt(30));
        String partition = "p" + random.nextInt(3);
        switch (random.nextInt(kinds)) {
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
            case 6, 7 -> note();
            default -> {
                String body = "v" + step + "x".repeat(random.nextInt(2_000));
                it.put(partition, sort, body);
                state.put(partition + "/" + sort, body);
            }
        }
    }

    private void note() {
        clock.advance(Duration.ofMillis(1));
        noted.put(clock.instant(), new TreeMap<>(state));
    }

    private void restore(int instants) {
        List<Map.Entry<Instant, Map<String, String>>> moments = new ArrayList<>(noted.entrySet());
        Collections.shuffle(moments, random);
        int restored = 0;
        for (Map.Entry<Instant, Map<String, String>> moment : moments.subList(0, Math.min(instants, moments.size()))) {
            Path target = directory.resolve("restored" + restored++);
            Restore.run(new Restore.Request(backups, target, moment.getKey(), null));
            assertThat(BackedUpTable.contents(target, clock))
                    .as("at %s", moment.getKey())
                    .isEqualTo(moment.getValue());
        }
    }
}
