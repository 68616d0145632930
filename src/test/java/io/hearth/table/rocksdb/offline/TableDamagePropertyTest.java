package io.hearth.table.rocksdb.offline;

import static io.hearth.table.rocksdb.TestTables.await;
import static io.hearth.table.rocksdb.TestTables.bytes;
import static io.hearth.table.rocksdb.TestTables.key;
import static io.hearth.table.rocksdb.TestTables.store;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.FakeClock;
import io.hearth.table.IndexKey;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.Scan;
import io.hearth.table.SortRange;
import io.hearth.table.TableException;
import io.hearth.table.UnsupportedTableException;
import io.hearth.table.Write;
import io.hearth.table.rocksdb.RocksDbTable;
import io.hearth.table.rocksdb.TableFiles;
import io.hearth.table.rocksdb.TestTables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damages files of a table that was killed, as a medium does it, and opens it: it is refused by name, or every answer is right
 * or fails by name, also after more was written and it was opened again. What is refused is repaired, if that can be done. {@code -DTableDamagePropertyTest.seed=} plays one seed,
 * {@code -DTableDamagePropertyTest.rounds=} more fresh ones.
 */
final class TableDamagePropertyTest {
    private static final String NAME = TableDamagePropertyTest.class.getSimpleName();
    private static final int FIXED_SEEDS = 12;
    private static final int ROUNDS = Integer.getInteger(NAME + ".rounds", 12);
    private static final int PARTITIONS = 12;
    private static final List<String> KINDS_OF_DATA = List.of("sorted file", "log", "MANIFEST");

    private static final Comparator<Key> KEY_ORDER =
            Comparator.comparing(Key::partitionKey).thenComparing(Key::sortKey);

    private final FakeClock clock = new FakeClock();
    private final Map<Key, Item> model = new TreeMap<>(KEY_ORDER);
    private final Set<Item> versions = new HashSet<>();
    private final List<Path> earlier = new ArrayList<>();
    private final Map<String, Integer> outcomes = new TreeMap<>();

    @TempDir
    private Path root;

    /** What happens to a file. */
    private enum Fault {
        BIT_FLIPPED,
        END_CUT,
        MISSING,
        EARLIER_VERSION
    }

    @Test
    @Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD, unit = TimeUnit.MINUTES)
    void damagedFiles_areRefusedByNameOrAnswerRightly() throws IOException {
        Path killed = build();
        Long given = Long.getLong(NAME + ".seed");
        if (given != null) {
            play(given, killed);
            return;
        }
        for (long seed = 0; seed < FIXED_SEEDS; seed++) {
            play(seed, killed);
        }
        play(5371125492708815192L, killed); // cuts the manifest where it does not know the index yet
        Random fresh = new Random();
        for (int round = 0; round < ROUNDS; round++) {
            play(fresh.nextLong(), killed);
        }
        System.out.println(NAME + ": " + outcomes);
    }

    private void play(long seed, Path killed) throws IOException {
        List<String> damage = new ArrayList<>();
        try {
            play(new Random(seed), killed, damage);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("replay with -D" + NAME + ".seed=" + seed + ", damage: " + damage, e);
        }
    }

    /** A table with sorted files on two levels, live and archived logs, overwritten and removed items, and an index. */
    private Path build() throws IOException {
        Path directory = root.resolve("table");
        Path killed;
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 150; i++) {
                    put(table, i, round);
                }
                earlier.add(TableFiles.copy(directory, root.resolve("earlier" + round)));
            }
            for (int i = 0; i < 150; i += 7) {
                Key removed = itemKey(i);
                await(table.write(List.of(new Write.Delete(removed))));
                model.remove(removed);
            }
            for (int i = 0; i < 20; i++) {
                put(table, i, 9);
            }
            killed = TableFiles.copy(directory, root.resolve("killed"));
        }
        assertThat(files(killed).stream().map(TableDamagePropertyTest::kind))
                .contains("sorted file", "log", "archived log", "MANIFEST", "CURRENT", "FORMAT", "DURABLE", "CLOCK");
        return killed;
    }

    private static Key itemKey(int i) {
        return key("d" + i % PARTITIONS, i);
    }

    private void put(RocksDbTable table, int i, int round) {
        // Of different sizes and not to be compressed, so that there are blocks, and records over several blocks of the
        // log.
        byte[] body = new byte[i % 30 == 0 ? 60_000 : 100 + i * 37];
        new Random(i * 31L + round).nextBytes(body);
        IndexKey index = i % 4 == 0 ? new IndexKey("!index", bytes(String.format("%05d", i))) : null;
        Item item = new Item(itemKey(i), Bytes.wrap(body), 0, round + 1L, index);
        store(table, item);
        model.put(item.key(), item);
        versions.add(item);
    }

    private void play(Random random, Path killed, List<String> damage) throws IOException {
        Path directory = TableFiles.copy(killed, root.resolve("damaged"));
        Set<String> kinds = new HashSet<>();
        int faults = random.nextInt(4) == 0 ? 2 : 1;
        for (int i = 0; i < faults; i++) {
            damage(directory, random, damage, kinds);
        }
        // What says how far the log went is gone together with its end: nobody can tell that there was more.
        boolean mayLack = kinds.contains("DURABLE") && kinds.contains("log");
        Map<Key, Item> expected = new TreeMap<>(KEY_ORDER);
        expected.putAll(model);
        String outcome = "right";
        for (int opening = 0; opening < 2; opening++) {
            RocksDbTable table;
            try {
                table = TestTables.open(directory, clock);
            } catch (TableException e) {
                assertNamed(e, directory);
                count("refused, " + (mayLack || opening > 0 ? "not repaired" : repair(directory)));
                return;
            }
            try (table) {
                boolean whole = mayLack || hasAll(table, directory, expected);
                outcome = whole ? outcome : "right but for named failures";
                if (!mayLack) {
                    writeMore(table, directory, expected, random);
                    hasAll(table, directory, expected);
                }
            }
        }
        count(mayLack ? "not judged" : outcome);
    }

    /** What a repair makes has all that it does not say it gave up, and nothing that never was. */
    private String repair(Path directory) throws IOException {
        Path repaired = root.resolve("repaired");
        TableFiles.delete(repaired);
        TableRepair.Result result;
        try {
            result = TableRepair.run(directory, repaired, TableVerificationTest.KINDS);
        } catch (TableException e) {
            assertNamed(e, directory);
            return "repair refused";
        }
        try (RocksDbTable table = TestTables.open(repaired, clock)) {
            if (result.givenUp().isEmpty()) {
                assertThat(hasAll(table, repaired, model)).isTrue();
                return "repaired whole";
            }
            for (Item item : scan(table)) {
                assertThat(versions).contains(item);
            }
        }
        assertThat(TableVerification.of(repaired, TableVerificationTest.KINDS).damages())
                .isEmpty();
        return "repaired with losses";
    }

    private void count(String outcome) {
        outcomes.merge(outcome, 1, Integer::sum);
    }

    /** Writes, sweeps and compacts; what is refused by name has happened or not. */
    private static void writeMore(RocksDbTable table, Path directory, Map<Key, Item> expected, Random random) {
        for (int i = 0; i < 40; i++) {
            int number = random.nextInt(200);
            Item item = new Item(
                    key("d" + number % PARTITIONS, number),
                    bytes("new " + i + "x".repeat(random.nextInt(8000))),
                    0,
                    1,
                    null);
            try {
                store(table, item);
                expected.put(item.key(), item);
            } catch (TableException e) {
                assertNamed(e, directory);
                Optional<Item> found = await(
                        table.get(item.key(), Consistency.STRONG).onFailure().recoverWithItem(Optional.empty()));
                found.ifPresent(there -> expected.put(there.key(), there));
            }
        }
        try {
            table.sweepNow();
        } catch (TableException e) {
            assertNamed(e, directory);
        }
    }

    /** Asserts that every answer is right or fails by name; answers whether none fails. */
    private static boolean hasAll(RocksDbTable table, Path directory, Map<Key, Item> expected) {
        boolean whole = true;
        for (int i = 0; i < 200; i++) {
            Key key = key("d" + i % PARTITIONS, i);
            whole &= isRight(
                    directory, () -> await(table.get(key, Consistency.STRONG)), Optional.ofNullable(expected.get(key)));
        }
        for (Direction direction : Direction.values()) {
            Comparator<Key> order = direction == Direction.ASCENDING ? KEY_ORDER : KEY_ORDER.reversed();
            for (int i = 0; i < PARTITIONS; i++) {
                String partition = "d" + i;
                whole &= isRight(
                        directory,
                        () -> pages(table, partition, direction, false),
                        expected.values().stream()
                                .filter(item -> item.key().partitionKey().equals(partition))
                                .sorted(Comparator.comparing(Item::key, order))
                                .toList());
            }
        }
        whole &= isRight(
                directory,
                () -> pages(table, "!index", Direction.ASCENDING, true),
                expected.values().stream()
                        .filter(item -> item.index() != null)
                        .sorted(Comparator.comparing(
                                item -> Objects.requireNonNull(item.index()).sortKey()))
                        .toList());
        whole &= isRight(directory, () -> scan(table), List.copyOf(expected.values()));
        return whole;
    }

    private static <T> boolean isRight(Path directory, Supplier<T> read, T expected) {
        T answer;
        try {
            answer = read.get();
        } catch (TableException e) {
            assertNamed(e, directory);
            return false;
        }
        assertThat(answer).isEqualTo(expected);
        return true;
    }

    private static void assertNamed(TableException e, Path directory) {
        assertThat(String.valueOf(e.getMessage()))
                .as(() -> "names what is damaged: " + e)
                .containsAnyOf(directory.toString(), ".sst", ".log", "being opened again");
        assertThat(e)
                .satisfiesAnyOf(
                        failure -> assertThat(failure).isInstanceOf(UnsupportedTableException.class),
                        failure -> assertThat(failure.getMessage())
                                .containsAnyOf("damaged", "cannot", "failed", "unknown", "open"));
    }

    private static List<Item> pages(RocksDbTable table, String partition, Direction direction, boolean index) {
        List<Item> items = new ArrayList<>();
        Query next = new Query(partition, SortRange.ALL, direction, 50, null, Consistency.STRONG);
        while (true) {
            Page page = await(index ? table.queryIndex(next) : table.query(next));
            items.addAll(page.items());
            if (page.next() == null) {
                return items;
            }
            next = next.from(page.next());
        }
    }

    private static List<Item> scan(RocksDbTable table) {
        List<Item> items = new ArrayList<>();
        Scan next = new Scan(0, 1, 50, null);
        while (true) {
            Page page = await(table.scan(next));
            items.addAll(page.items());
            if (page.next() == null) {
                items.sort(Comparator.comparing(Item::key, KEY_ORDER));
                return items;
            }
            next = next.from(page.next());
        }
    }

    private void damage(Path directory, Random random, List<String> damage, Set<String> kinds) throws IOException {
        Map<String, List<Path>> byKind = new TreeMap<>();
        for (Path file : files(directory)) {
            byKind.computeIfAbsent(kind(file), kind -> new ArrayList<>()).add(file);
        }
        List<String> kindsOfFiles = new ArrayList<>(byKind.keySet());
        if (random.nextBoolean() && byKind.keySet().containsAll(KINDS_OF_DATA)) { // else one is gone already
            kindsOfFiles = KINDS_OF_DATA;
        }
        String kind = kindsOfFiles.get(random.nextInt(kindsOfFiles.size()));
        List<Path> candidates = Objects.requireNonNull(byKind.get(kind), kind);
        Path file = candidates.get(random.nextInt(candidates.size()));
        Fault fault = Fault.values()[random.nextInt(Fault.values().length)];
        long size = Files.size(file);
        double place = random.nextDouble();
        Path old = earlier.get(random.nextInt(earlier.size())).resolve(directory.relativize(file));
        damage.add(directory.relativize(file) + " " + fault + " at " + place + " of " + size + " bytes");
        kinds.add(kind);
        switch (fault) {
            case BIT_FLIPPED -> {
                if (size > 0) {
                    TableFiles.flip(file, (long) (place * size * Byte.SIZE));
                }
            }
            case END_CUT -> TableFiles.cut(file, (long) (place * size));
            case MISSING -> Files.delete(file);
            case EARLIER_VERSION -> {
                if (Files.exists(old)) {
                    Files.copy(old, file, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static String kind(Path file) {
        String name = String.valueOf(file.getFileName());
        if (name.endsWith(".sst")) {
            return "sorted file";
        }
        if (name.endsWith(".log")) {
            return String.valueOf(file.getParent()).endsWith("archive") ? "archived log" : "log";
        }
        return name.replaceFirst("-[0-9]+$", "").replaceFirst("\\.old.*$", "");
    }
}
