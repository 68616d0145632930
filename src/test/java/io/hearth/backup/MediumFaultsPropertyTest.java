package io.hearth.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.FileTrees;
import io.hearth.backup.PointInTimePlay.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
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
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Faults of the disk that backups are on, each in every kind of file at a random place, and two at once: what cannot be restored
 * is refused by name, and what is restored is what it is said to be.
 *
 * <p>{@code -DMediumFaultsPropertyTest.seed=} plays one seed, {@code -DMediumFaultsPropertyTest.seeds=} so many fresh ones.
 */
final class MediumFaultsPropertyTest {
    private static final String NAME = MediumFaultsPropertyTest.class.getSimpleName();
    private static final int SEEDS = 1;
    private static final int PAIRS = 4;
    private static final int STEPS = 50;

    /** Without a clock that is set back, of which a damaged log cannot tell. */
    private static final int KINDS = PointInTimePlay.FIRST_KINDS + 4;

    /** Below the directory of backups: each is tried with each fault. */
    private static final List<Pattern> PLACES = List.of(
            Pattern.compile("BACKUPS"),
            Pattern.compile("backups/[^/]+/manifest"),
            Pattern.compile("backups/[^/]+/(?!manifest).*"),
            Pattern.compile("files/.*"),
            Pattern.compile("log/.*"));

    private static final String NOTHING = "nothing";

    private enum Fault {
        BIT_FLIPPED,
        END_CUT,
        MISSING,
        OLDER_VERSION
    }

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
            FileTrees.copy(made.backups(), older);
            made.goOnBehindAGap(STEPS);
            for (Fault fault : Fault.values()) {
                for (Pattern place : PLACES) {
                    tryOut(damaged -> List.of(damage(damaged, older, place, fault)));
                }
            }
            for (int i = 0; i < PAIRS; i++) {
                tryOut(damaged -> List.of(damageAnything(damaged, older), damageAnything(damaged, older)));
            }
            tryOut(damaged -> {
                DurableFiles.removeTree(damaged);
                FileTrees.copy(older, damaged);
                return List.of("all of it put back to an older version");
            });
        }

        private interface Damage {
            /** Answers what was done, for the message of a failure. */
            List<String> to(Path damaged) throws IOException;
        }

        private void tryOut(Damage damage) throws Exception {
            Path damaged = directory.resolve("damaged");
            FileTrees.copy(made.backups(), damaged);
            List<String> faults = damage.to(damaged);
            if (!faults.stream().allMatch(NOTHING::equals)) {
                try {
                    check(damaged);
                    goOnWith(damaged);
                } catch (Exception | AssertionError e) {
                    throw new AssertionError("after " + faults, e);
                }
            }
            DurableFiles.removeTree(damaged);
        }

        private String damageAnything(Path damaged, Path older) throws IOException {
            Pattern place = PLACES.get(random.nextInt(PLACES.size()));
            List<Fault> faults = List.of(Fault.values());
            return damage(damaged, older, place, faults.get(random.nextInt(faults.size())));
        }

        private String damage(Path damaged, Path older, Pattern place, Fault fault) throws IOException {
            List<Path> files;
            try (Stream<Path> all = Files.walk(damaged)) {
                files = all.filter(Files::isRegularFile)
                        .filter(file -> place.matcher(damaged.relativize(file).toString())
                                .matches())
                        .filter(file -> fault != Fault.OLDER_VERSION || hasOlderVersion(damaged, older, file))
                        .sorted()
                        .toList();
            }
            if (files.isEmpty()) {
                return NOTHING;
            }
            Path file = files.get(random.nextInt(files.size()));
            byte[] bytes = Files.readAllBytes(file);
            switch (fault) {
                case BIT_FLIPPED -> {
                    if (bytes.length == 0) {
                        return NOTHING;
                    }
                    int at = random.nextInt(bytes.length);
                    bytes[at] ^= (byte) (1 << random.nextInt(8));
                    Files.write(file, bytes);
                    return "a bit of byte " + at + " of " + file + " flipped";
                }
                case END_CUT -> {
                    int left = random.nextInt(bytes.length + 1);
                    Files.write(file, Arrays.copyOf(bytes, left));
                    return file + " cut to " + left + " bytes";
                }
                case MISSING -> {
                    Files.delete(file);
                    return file + " missing";
                }
                case OLDER_VERSION -> {
                    Files.copy(olderVersion(damaged, older, file), file, StandardCopyOption.REPLACE_EXISTING);
                    return file + " put back to an older version";
                }
            }
            throw new AssertionError(fault);
        }

        private static Path olderVersion(Path damaged, Path older, Path file) {
            return older.resolve(damaged.relativize(file).toString());
        }

        /** Most files never change, so that an older version is the same. */
        private static boolean hasOlderVersion(Path damaged, Path older, Path file) {
            Path before = olderVersion(damaged, older, file);
            try {
                return Files.exists(before) && Files.mismatch(before, file) >= 0;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
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
            FileTrees.copy(made.data(), data);
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
