package io.hearth.table.rocksdb;

import static io.hearth.table.rocksdb.TestTables.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.Seed;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CrashTest {
    /** {@code -DCrashTest.rounds=} plays more of them. */
    private static final int ROUNDS = Integer.getInteger("CrashTest.rounds", 6);

    @TempDir
    private Path directory;

    @Test
    void kill_whileWriting_losesNothingAcknowledged() throws Exception {
        Random random = new Random(Seed.of(getClass()));
        for (int round = 0; round < ROUNDS; round++) {
            String prefix = "round " + round + ", thread ";

            // Every third is killed while it opens, which reads the log of those before.
            int[] acknowledged = writeAndKill(prefix, round % 3 == 1 ? 0 : 1 + random.nextInt(20_000));

            try (RocksDbTable table = TestTables.open(directory, new FakeClock())) {
                for (int thread = 0; thread < CrashWriter.THREADS; thread++) {
                    assertHasAll(table, prefix, thread, acknowledged[thread]);
                }
            }
        }
    }

    /** Kills the writer after so many acknowledgements, with 0 while it opens the table; answers how many items of each thread were acknowledged. */
    private int[] writeAndKill(String prefix, int acknowledgements) throws IOException {
        int[] acknowledged = new int[CrashWriter.THREADS];
        try (ChildProcess writer = new ChildProcess(List.of(), CrashWriter.class, directory.toString(), prefix)) {
            assertThat(writer.readLine()).isEqualTo(CrashWriter.OPENING);
            int seen = 0;
            if (acknowledgements == 0) {
                writer.kill();
            }
            String line = writer.readLine();
            while (line != null) {
                seen++;
                if (seen == acknowledgements) {
                    writer.kill();
                }
                String[] words = line.split(" ");
                if (words.length == 2 && !words[1].isEmpty()) { // else the kill cut it off
                    int thread = Integer.parseInt(words[0]);
                    int number = Integer.parseInt(words[1]);
                    // A number that was cut off is less than the next one, and says less than is true.
                    acknowledged[thread] = Math.max(acknowledged[thread], number + 1);
                }
                line = writer.readLine();
            }
            assertThat(seen).isGreaterThanOrEqualTo(acknowledgements);
        }
        return acknowledged;
    }

    private static void assertHasAll(Table table, String prefix, int thread, int acknowledged) {
        List<Item> stored = readAll(table, prefix + thread, false);
        List<Item> listed = readAll(table, "index of " + prefix + thread, true);
        assertThat(stored).hasSizeGreaterThanOrEqualTo(acknowledged);
        List<Item> expectedListed = new ArrayList<>();
        for (int i = 0; i < stored.size(); i++) {
            Item expected = CrashWriter.item(prefix, thread, i);
            assertThat(stored.get(i)).isEqualTo(expected);
            if (expected.index() != null) {
                expectedListed.add(expected);
            }
        }
        assertThat(listed).isEqualTo(expectedListed);
    }

    private static List<Item> readAll(Table table, String partition, boolean index) {
        List<Item> items = new ArrayList<>();
        Query next = new Query(partition, SortRange.ALL, Direction.ASCENDING, 10_000, null, Consistency.STRONG);
        while (true) {
            Page page = await(index ? table.queryIndex(next) : table.query(next));
            items.addAll(page.items());
            if (page.next() == null) {
                return items;
            }
            next = next.from(page.next());
        }
    }
}
