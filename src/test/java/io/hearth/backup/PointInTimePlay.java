package io.hearth.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.FileTrees;
import io.hearth.table.FakeClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One play of {@link PointInTimePropertyTest}: a table with backups, and by its own account what each instant has to be
 * restored to. It knows nothing of how backups are made.
 */
final class PointInTimePlay {
    /** Kinds of steps that there were at first: with these, seeds of then play what they played. */
    static final int FIRST_KINDS = 20;

    static final int ALL_KINDS = 34;

    private static final int CONCURRENT_WRITES = 15;

    private final Path directory;
    private final Random random;
    private final int kinds;
    private final FakeClock clock = new FakeClock();
    private final List<Event> events = new ArrayList<>();
    private final List<Instant> noted = new ArrayList<>();
    private Path backups;
    private Path data;
    private BackedUpTable it;
    private int copies;
    private int restored;
    private boolean renamed;

    /**
     * Something that happened, in order.
     *
     * @param time by the clock, which may have been set back
     * @param key of what was written; null if the log was shipped or a backup made
     * @param body null if it was deleted
     */
    record Event(
            Instant time, @Nullable String key, @Nullable String body) {}

    PointInTimePlay(Path directory, long seed, int kinds) {
        this.directory = directory;
        this.kinds = kinds;
        random = new Random(seed);
        backups = directory.resolve("backups");
        data = directory.resolve("data");
        it = new BackedUpTable(data, backups, clock);
    }

    /** @param instants at most so many of those that were noted are restored */
    void play(int steps, int instants) throws Exception {
        run(steps);
        assertThat(Verification.ofAll(backups).backups())
                .allSatisfy(found -> assertThat(found.damages()).isEmpty());
        Collections.shuffle(noted, random);
        for (Instant instant : noted.subList(0, Math.min(instants, noted.size()))) {
            restoreTo(instant);
        }
    }

    /** Writes and backs up, up to the end of the service. */
    void run(int steps) throws Exception {
        try {
            backUp();
            for (int step = 0; step < steps; step++) {
                step(step);
            }
            note();
            clock.advance(Duration.ofSeconds(1));
            ship();
            if (kinds > FIRST_KINDS) {
                checkClaim();
            }
        } finally {
            it.close();
        }
    }

    /** Goes on after the table has not kept what the log lacked, so that another log begins. */
    void goOnBehindAGap(int steps) throws Exception {
        BackedUpTable alone = new BackedUpTable(data, directory.resolve("no backups"), clock);
        clock.advance(Duration.ofMillis(1)); // behind what was shipped
        alone.put("p0", "unshipped", "what the log lacks");
        happened("p0/unshipped", "what the log lacks");
        alone.close();
        new BackedUpTable(data, directory.resolve("no backups"), clock)
                .close(); // puts the table's log into the archive
        DurableFiles.removeTree(data.resolve("table/archive"));
        it = new BackedUpTable(data, backups, clock);
        run(steps);
    }

    Path backups() {
        return backups;
    }

    Path data() {
        return data;
    }

    FakeClock clock() {
        return clock;
    }

    List<Instant> noted() {
        return noted;
    }

    List<Event> events() {
        return events;
    }

    private void step(int step) throws Exception {
        clock.advance(Duration.ofMillis(1 + random.nextInt(5_000)));
        String sort = String.valueOf(random.nextInt(30));
        String partition = "p" + random.nextInt(3);
        switch (random.nextInt(kinds)) {
            case 0 -> backUp();
            case 1, 20, 21 -> ship();
            case 2 -> restart(() -> {});
            case 3, 4, 5 -> {
                it.delete(partition, sort);
                happened(partition + "/" + sort, null);
            }
            case 6, 7 -> note();
            case 22, 23 -> backUp();
            case 24 -> clock.advance(Duration.ofMillis(-random.nextInt(60_000)));
            case 25 -> clock.advance(Duration.ofMillis(random.nextInt(60_000)));
            case 26 -> deleteAllOf(partition);
            case 27 -> {
                it.putMany(partition, 20, "many" + step + "-");
                for (int i = 0; i < 20; i++) {
                    happened(partition + "/%05d".formatted(i), "many" + step + "-" + i);
                }
            }
            case 28 -> writeWhileShipping(step);
            case 29 -> failInTheMiddle();
            case 30 -> restart(this::renameSomething);
            case 31 -> die();
            case 32 -> {
                it.putExpiredAndSweep(20 + random.nextInt(20));
                happened("expired", null); // commits that change nothing, and tell that the clock was there
            }
            case 33 -> checkClaim();
            default -> {
                String body = "v" + step + "x".repeat(random.nextInt(2_000));
                it.put(partition, sort, body);
                happened(partition + "/" + sort, body);
            }
        }
    }

    private void happened(@Nullable String key, @Nullable String body) {
        events.add(new Event(clock.instant(), key, body));
    }

    private void ship() {
        it.backups.ship();
        happened(null, null);
    }

    private void backUp() {
        it.backups.backUp();
        happened(null, null);
    }

    /** Between the milliseconds in which something happens. */
    private void note() {
        clock.advance(Duration.ofMillis(2));
        noted.add(clock.instant().minusNanos(500_000));
    }

    private void deleteAllOf(String partition) {
        Map<String, String> state = stateAfter(events.size());
        List<String> keys = state.keySet().stream()
                .filter(key -> key.startsWith(partition + "/"))
                .toList();
        it.deleteMany(
                partition,
                keys.stream().map(key -> key.substring(partition.length() + 1)).toList());
        keys.forEach(key -> happened(key, null));
    }

    /** The clock stands meanwhile, so each instant has all of it or nothing. */
    private void writeWhileShipping(int step) throws Exception {
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < CONCURRENT_WRITES; i++) {
                it.put("w", step + "-" + i, "written by another thread");
            }
        });
        it.backups.ship();
        it.backups.backUp();
        it.backups.ship();
        writer.get();
        for (int i = 0; i < CONCURRENT_WRITES; i++) {
            happened("w/" + step + "-" + i, "written by another thread");
        }
    }

    private void failInTheMiddle() throws IOException {
        ship(); // a service that has just started finds its log whole, and does not begin another
        Path files = backups.resolve("files");
        Path aside = backups.resolve("files.aside");
        Files.move(files, aside);
        Files.writeString(files, "in the way");
        try {
            it.backups.backUp();
        } catch (BackupException e) {
            assertThat(e).hasMessageContaining(files.toString()); // it only succeeds if the table has no file yet
        }
        ship();
        Files.delete(files);
        Files.move(aside, files);
    }

    private interface Meanwhile {
        void run() throws IOException;
    }

    private void restart(Meanwhile meanwhile) throws IOException {
        it.close();
        meanwhile.run();
        it = new BackedUpTable(data, backups, clock);
    }

    /** As somebody does who tidies up: a segment gets another name, or a file of theirs is left behind. */
    private void renameSomething() throws IOException {
        List<Path> segments = new ArrayList<>();
        for (Path log : DurableFiles.list(backups.resolve("log"))) {
            segments.addAll(DurableFiles.list(log));
        }
        Path segment = segments.get(random.nextInt(segments.size()));
        String name = switch (random.nextInt(4)) {
            case 0 -> segment.getFileName() + ".old";
            case 1 -> "%020d-%04d.log".formatted(random.nextInt(200), random.nextInt(4));
            case 2 -> "%020d-%04d.log".formatted(Integer.MAX_VALUE, random.nextInt(4));
            default -> "a";
        };
        Path target = segment.resolveSibling(name);
        // A file of somebody's own with the name of a segment would count as a damaged one, and rightly.
        if (!Files.exists(target) && SegmentName.of(segment) != null) {
            Files.move(segment, target);
            renamed = true;
        }
        Files.writeString(segment.resolveSibling("notes.txt"), "mine");
        Files.writeString(backups.resolve("files/notes.txt"), "mine");
        Files.createDirectories(backups.resolve("backups/lost+found"));
    }

    /** The process is killed, perhaps while it writes a block: what is on the disk by then is gone on with. */
    private void die() throws IOException {
        Path dataOfDead = data;
        Path backupsOfDead = backups;
        copies++;
        data = directory.resolve("data" + copies);
        backups = directory.resolve("backups" + copies);
        copyAsOfOneMoment(dataOfDead, data);
        FileTrees.copy(backupsOfDead, backups);
        it.close();
        DurableFiles.removeTree(dataOfDead);
        DurableFiles.removeTree(backupsOfDead);
        Path torn = newestSegment();
        if (random.nextBoolean() && torn != null) {
            byte[] block = LogBlock.of(List.of(), 1_000_000, 1).bytes().array();
            Files.write(torn, Arrays.copyOf(block, 1 + random.nextInt(block.length - 1)), StandardOpenOption.APPEND);
        }
        it = new BackedUpTable(data, backups, clock);
    }

    /** Null if every segment has been given a name that is none of a segment's. */
    private @Nullable Path newestSegment() throws IOException {
        Path newest = null;
        for (Path log : DurableFiles.list(backups.resolve("log"))) {
            for (Path segment : DurableFiles.list(log)) {
                boolean isNewer = newest == null
                        || Files.getLastModifiedTime(segment).compareTo(Files.getLastModifiedTime(newest)) > 0;
                newest = isNewer && SegmentName.of(segment) != null ? segment : newest;
            }
        }
        return newest;
    }

    /**
     * Copies what a running table has. It works in the background, and moves files while they are copied: then the copy is of no
     * moment, and is made again.
     */
    private static void copyAsOfOneMoment(Path from, Path to) throws IOException {
        Map<Path, Long> before = sizes(from);
        while (true) {
            try {
                FileTrees.copy(from, to);
            } catch (NoSuchFileException e) {
                // moved or removed meanwhile, as the comparison tells
            }
            Map<Path, Long> after = sizes(from);
            if (after.equals(before)) {
                return;
            }
            DurableFiles.removeTree(to);
            before = after;
        }
    }

    private static Map<Path, Long> sizes(Path directory) throws IOException {
        while (true) {
            Map<Path, Long> sizes = new TreeMap<>();
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.toList()) {
                    sizes.put(file, Files.size(file));
                }
                return sizes;
            } catch (NoSuchFileException | UncheckedIOException e) {
                // moved or removed meanwhile: looked for again
            }
        }
    }

    /** What the metric says can be restored, is. */
    private void checkClaim() throws IOException {
        Instant claim = it.backups.recoverableUntil();
        if (claim == null) {
            return; // a service that has just started has not looked yet
        }
        int shipped = events.size();
        while (shipped > 0 && events.get(shipped - 1).key != null) {
            shipped--;
        }
        Path copy = directory.resolve("copy");
        FileTrees.copy(backups, copy);
        Path target = directory.resolve("restored" + restored++);
        Restore.Restored done = Restore.run(new Restore.Request(copy, target, null, null));
        if (renamed) {
            // Names tell the order of segments that begin with the same record: without them less may be claimed.
            assertThat(done.completeUntil()).as("claimed until").isBeforeOrEqualTo(claim);
        } else {
            assertThat(done.completeUntil()).as("claimed until").isEqualTo(claim);
        }
        assertThat(BackedUpTable.contents(target, clock))
                .as("claimed until %s", claim)
                .isIn(statesFrom(shipped));
        DurableFiles.removeTree(copy);
        DurableFiles.removeTree(target);
    }

    private List<Map<String, String>> statesFrom(int first) {
        List<Map<String, String>> states = new ArrayList<>();
        for (int count = first; count <= events.size(); count++) {
            states.add(stateAfter(count));
        }
        return states;
    }

    private void restoreTo(Instant instant) throws IOException {
        boolean isThere = false;
        for (Verification backup : Verification.ofAll(backups).backups()) {
            isThere |= !backup.taken().isAfter(instant);
        }
        Path target = directory.resolve("restored" + restored++);
        Restore.Request request = new Restore.Request(backups, target, instant, null);
        if (!isThere || instant.isAfter(clock.instant())) {
            assertThatThrownBy(() -> Restore.run(request)).as("to %s", instant).isInstanceOf(BackupException.class);
            return;
        }
        Restore.run(request);
        assertThat(differences(BackedUpTable.contents(target, clock), stateAt(instant)))
                .as("to %s", instant)
                .isEmpty();
        DurableFiles.removeTree(target);
    }

    private static List<String> differences(Map<String, String> found, Map<String, String> expected) {
        Set<String> keys = new TreeSet<>(found.keySet());
        keys.addAll(expected.keySet());
        return keys.stream()
                .filter(key -> !Objects.equals(found.get(key), expected.get(key)))
                .map(key -> "%s is %.20s, not %.20s".formatted(key, found.get(key), expected.get(key)))
                .toList();
    }

    /** What there was when the clock passed the instant for the last time. */
    Map<String, String> stateAt(Instant instant) {
        int count = events.size();
        while (count > 0 && events.get(count - 1).time.isAfter(instant)) {
            count--;
        }
        return stateAfter(count);
    }

    Map<String, String> stateAfter(int count) {
        Map<String, String> state = new TreeMap<>();
        for (Event event : events.subList(0, count)) {
            if (event.key != null && event.body == null) {
                state.remove(event.key);
            } else if (event.key != null) {
                state.put(event.key, event.body);
            }
        }
        return state;
    }
}
