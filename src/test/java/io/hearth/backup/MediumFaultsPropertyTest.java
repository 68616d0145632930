package io.hearth.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.backup.PointInTimePlay.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Faults of the disk that backups are on, at random places: what cannot be restored is refused by name, and what is restored is
 * what it is said to be.
 *
 * <p>{@code -DMediumFaultsPropertyTest.seed=} plays one seed, {@code -DMediumFaultsPropertyTest.seeds=} so many fresh ones.
 */
final class MediumFaultsPropertyTest {
    private static final String NAME = MediumFaultsPropertyTest.class.getSimpleName();
    private static final int SEEDS = 4;
    private static final int FAULTS_PER_SEED = 6;
    private static final int STEPS = 50;

    /** Without a clock that is set back, of which a damaged log cannot tell. */
    private static final int KINDS = PointInTimePlay.FIRST_KINDS + 4;

    @TempDir
    private Path directory;

    @Test
    void verifyAndRestore_afterFaultsOfTheMedium_refuseByNameOrSayWhatIsMissing() throws Exception {
        Long replayed = Long.getLong(NAME + ".seed");
        int seeds = replayed == null ? Integer.getInteger(NAME + ".seeds", SEEDS) : 1;
        Random fresh = new Random();
        for (int i = 0; i < seeds; i++) {
            long seed = replayed == null ? fresh.nextLong() : replayed;
            Path place = directory.resolve(String.valueOf(i));
            try {
                new Play(place, seed).play();
            } catch (Exception | AssertionError e) {
                throw new AssertionError("replay with -D" + NAME + ".seed=" + seed, e);
            }
            System.out.println("played -D" + NAME + ".seed=" + seed);
            DurableFiles.removeTree(place);
        }
    }

    /** Backups that are damaged in many ways, each from the beginning. */
    private static final class Play {
        private final Path directory;
        private final Random random;
        private final PointInTimePlay made;
        private int attempt;

        Play(Path directory, long seed) {
            this.directory = directory;
            random = new Random(seed);
            made = new PointInTimePlay(directory, seed, KINDS);
        }

        void play() throws Exception {
            made.run(STEPS);
            Path older = directory.resolve("older");
            PointInTimePlay.copyTree(made.backups(), older);
            made.goOnBehindAGap(STEPS);
            for (int i = 0; i < FAULTS_PER_SEED; i++) {
                Path damaged = directory.resolve("damaged" + i);
                PointInTimePlay.copyTree(made.backups(), damaged);
                List<String> faults = new ArrayList<>();
                for (int left = random.nextInt(3) == 0 ? 2 : 1; left > 0; left--) {
                    faults.add(damageSomething(damaged, older));
                }
                try {
                    check(damaged);
                    goOnWith(damaged);
                } catch (Exception | AssertionError e) {
                    throw new AssertionError("after " + faults, e);
                }
                DurableFiles.removeTree(damaged);
            }
        }

        private String damageSomething(Path damaged, Path older) throws IOException {
            List<Path> files;
            try (Stream<Path> all = Files.walk(damaged)) {
                files = all.filter(Files::isRegularFile)
                        .filter(file -> !file.endsWith("lock"))
                        .sorted()
                        .toList();
            }
            Path file = files.get(random.nextInt(files.size()));
            byte[] bytes = Files.readAllBytes(file);
            Path before = older.resolve(damaged.relativize(file).toString());
            switch (random.nextInt(4)) {
                case 0 -> {
                    if (bytes.length > 0) {
                        int at = random.nextInt(bytes.length);
                        bytes[at] ^= (byte) (1 << random.nextInt(8));
                        Files.write(file, bytes);
                        return "a bit of byte " + at + " of " + file + " flipped";
                    }
                    return "nothing";
                }
                case 1 -> {
                    int left = random.nextInt(bytes.length + 1);
                    Files.write(file, Arrays.copyOf(bytes, left));
                    return file + " cut to " + left + " bytes";
                }
                case 2 -> {
                    Files.delete(file);
                    return file + " missing";
                }
                default -> {
                    if (Files.exists(before)) {
                        Files.copy(before, file, StandardCopyOption.REPLACE_EXISTING);
                        return file + " put back to an older version";
                    }
                    return "nothing";
                }
            }
        }

        private void check(Path damaged) throws IOException {
            Instant until = null;
            boolean isGood = false;
            try {
                Verification.Whole found = Verification.ofAll(damaged);
                List<Verification> backups = found.backups();
                isGood = found.isGood()
                        && found.unused().isEmpty()
                        && backups.stream().allMatch(backup -> backup.notes().isEmpty());
                until = backups.get(backups.size() - 1).recoverableUntil();
            } catch (BackupException e) {
                assertThat(e).hasMessageContaining(damaged.toString());
            }
            Restored all = restore(damaged, null);
            if (all.done == null) {
                assertThat(isGood).as("verified, but refused: %s", all.refusal).isFalse();
                assertThat(all.refusal).contains(damaged.toString());
            } else {
                Instant complete = all.done.completeUntil();
                assertThat(all.state).isIn(statesOf(complete));
                if (isGood) {
                    assertThat(complete).isEqualTo(until);
                }
            }
            for (int i = 0; i < 2; i++) {
                Instant instant = made.noted().get(random.nextInt(made.noted().size()));
                Restored then = restore(damaged, instant);
                if (then.done != null) {
                    assertThat(then.state).as("to %s", instant).isEqualTo(made.stateAt(instant));
                }
            }
        }

        /** That of the instant, and all later ones. */
        private List<Map<String, String>> statesOf(Instant instant) {
            List<Event> events = made.events();
            List<Map<String, String>> states = new ArrayList<>();
            for (int count = events.size(); count >= 0; count--) {
                states.add(made.stateAfter(count));
                if (count > 0 && !events.get(count - 1).time().isAfter(instant)) {
                    break;
                }
            }
            return states;
        }

        /** The service notices, at the latest when somebody has backups verified, and then makes what it says. */
        private void goOnWith(Path damaged) throws IOException {
            Path data = directory.resolve("gone on " + attempt++);
            PointInTimePlay.copyTree(made.data(), data);
            try (BackedUpTable it = new BackedUpTable(data, damaged, made.clock())) {
                try {
                    it.backups.ship();
                    for (Backup backup : it.backups.list()) {
                        it.backups.verify(backup.id());
                    }
                    it.backups.ship();
                } catch (BackupException e) {
                    assertThat(e).hasMessageContaining(damaged.toString());
                    assertThat(it.backups.recoverableUntil()).isNull();
                    return;
                }
                Instant claim = it.backups.recoverableUntil();
                assertThat(claim).isEqualTo(made.clock().instant());
                Restored all = restore(damaged, null);
                assertThat(all.refusal).as("claimed until %s", claim).isNull();
                assertThat(all.done)
                        .isNotNull()
                        .extracting(Restore.Restored::completeUntil)
                        .isEqualTo(claim);
                assertThat(all.state).isEqualTo(BackedUpTable.contents(it.table));
            } finally {
                DurableFiles.removeTree(data);
            }
        }

        /** What came of a restore: one of the two. */
        private record Restored(
                Restore.@Nullable Restored done,
                Map<String, String> state,
                @Nullable String refusal) {}

        private Restored restore(Path backups, @Nullable Instant until) throws IOException {
            Path target = directory.resolve("restored" + attempt++);
            try {
                Restore.Restored done = Restore.run(new Restore.Request(backups, target, until, null));
                return new Restored(done, BackedUpTable.contents(target, made.clock()), null);
            } catch (BackupException e) {
                assertThat(DurableFiles.list(target)).isEmpty();
                return new Restored(null, new TreeMap<>(), e.getMessage());
            } finally {
                DurableFiles.removeTree(target);
            }
        }
    }
}
