package io.hearth.series;

import static io.hearth.series.SeriesFixture.START;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.AppendBatch;
import io.hearth.series.value.RemoteRun;
import io.hearth.table.Bytes;
import io.hearth.table.Condition;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Key;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Latest values that are kept in memory equal those that a scan of all readings comes to, whatever happens between two reads
 * of the table: commits that are durable and not yet reported, commits that fail and are there later, what peers bring,
 * erasure, sealing and expiry.
 *
 * <p>{@code -DLatestModelTest.seed=} repeats a run; {@code -DLatestModelTest.seeds=} sets how many there are.
 */
class LatestModelTest {
    private static final String NAME = LatestModelTest.class.getSimpleName();
    private static final int STEPS = 60;
    private static final List<String> DEVICES = List.of("d1", "d2");
    private static final List<String> METRICS = List.of("a", "b", "c", "rare");
    private static final Duration CLOCK_AHEAD = Duration.ofDays(1);
    private static final Duration MOST_CLOCK_DIFFERENCE = Duration.ofMillis(10);

    @Test
    void latest_whateverHappensMeanwhile_equalsAScan() {
        Long only = Long.getLong(NAME + ".seed");
        if (only != null) {
            new Run(only).play();
            return;
        }
        int seeds = Integer.getInteger(NAME + ".seeds", 100);
        long first = new Random().nextLong();
        for (long seed = first; seed < first + seeds; seed++) {
            try {
                new Run(seed).play();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("-D" + NAME + ".seed=" + seed + " repeats it: " + e.getMessage(), e);
            }
        }
    }

    private static final class Run {
        private final Random random;
        private final SeriesFixture clock = new SeriesFixture();
        private final SeriesFixture peerClock = new SeriesFixture();
        private final Table peerTable = new MemoryTable(peerClock);
        private final InterruptedTable table = new InterruptedTable(new MemoryTable(clock));
        private final SeriesStore store;
        private final SeriesStore peer;
        private Instant now = START;

        /** Only the reads of a load are interrupted: everything else would wait for itself. */
        private boolean isLoading;

        private int depth;

        /** Completes the commits that are durable, when somebody does. */
        private final List<CompletableFuture<@Nullable Void>> unreported = new ArrayList<>();

        /** What failed; it becomes durable before anything that is written next, or never, as commits are in one order. */
        private final List<List<Write>> undecided = new ArrayList<>();

        private boolean mayFail;
        private boolean mayBeUnreported;

        Run(long seed) {
            random = new Random(seed);
            store = clock.open(table, Duration.ofDays(30));
            peer = new SeriesStore(peerTable, new RegionId("peer"), peerClock, Duration.ofDays(2));
        }

        void play() {
            for (int i = 0; i < STEPS; i++) {
                step();
                if (random.nextInt(3) == 0) {
                    check();
                }
            }
            check();
        }

        private void step() {
            int what = random.nextInt(100);
            if (what < 35) {
                append();
            } else if (what < 45) {
                SeriesFixture.append(peer, any(DEVICES), anyTime(), anyValues());
            } else if (what < 60) {
                takeIn();
            } else if (what < 80) {
                latest(any(DEVICES));
            } else if (what < 84) {
                now = now.plusMillis(random.nextInt(3));
                clock.setNow(now);
                peerClock.setNow(now.plusMillis(random.nextInt(5) - 2));
            } else if (what < 86) {
                now = now.plus(Duration.ofHours(random.nextInt(20)));
                clock.setNow(now);
                peerClock.setNow(now);
            } else if (what < 90) {
                report(random.nextInt(unreported.size() + 1));
            } else if (what < 94) {
                seal();
            } else if (what < 96) {
                peer.seal(EpochMicros.of(now), nanos -> {});
            } else if (what < 98) {
                erase();
            } else {
                decide();
            }
        }

        private <T> T any(List<T> all) {
            return all.get(random.nextInt(all.size()));
        }

        /** Of few, so that writes meet. */
        private long anyTime() {
            Instant from =
                    random.nextBoolean() ? START.minus(Duration.ofHours(20)) : START.minus(Duration.ofMinutes(20));
            return EpochMicros.of(from.plus(Duration.ofMinutes(10L * random.nextInt(3))));
        }

        private Map<String, Object> anyValues() {
            Map<String, Object> values = new TreeMap<>();
            for (int i = random.nextInt(2); i >= 0; i--) {
                values.put(METRICS.get(Math.min(random.nextInt(8), 3) % 4), random.nextInt(1000));
            }
            return values;
        }

        private void append() {
            AppendBatch batch = new AppendBatch();
            for (int i = random.nextInt(3); i >= 0; i--) {
                SeriesFixture.add(batch, any(DEVICES), anyTime(), anyValues(), null);
            }
            Uni<Void> appending = store.append(batch);
            mayFail = random.nextInt(8) == 0;
            mayBeUnreported = random.nextInt(3) == 0;
            appending.subscribe().with(done -> {}, failure -> {
                if (random.nextBoolean()) {
                    // As ingest does; the same batch with the same stamps.
                    appending.subscribe().with(done -> {}, again -> {});
                }
            });
            mayFail = false;
            mayBeUnreported = false;
        }

        /** As sealing does it: only what is older than all that the peer has still to bring. */
        private void seal() {
            report(unreported.size());
            for (String device : DEVICES) {
                items(peerTable, device).forEach(item -> takeIn(device, item));
            }
            long settledMillis = now.minus(MOST_CLOCK_DIFFERENCE).toEpochMilli();
            store.seal(EpochMicros.of(now.minus(Duration.ofHours(1))), settledMillis, nanos -> {});
        }

        /** Some runs and chunks of the peer, the same ones again and again. */
        private void takeIn() {
            for (String device : DEVICES) {
                for (Item item : items(peerTable, device)) {
                    if (random.nextInt(3) > 0) {
                        continue;
                    }
                    mayFail = random.nextInt(12) == 0;
                    try {
                        takeIn(device, item);
                    } catch (OutcomeUnknownException comesAgain) {
                        mayFail = false;
                    } finally {
                        mayFail = false;
                    }
                }
            }
        }

        private void takeIn(String device, Item item) {
            if (SeriesKeys.isRun(item.key().sortKey())) {
                RemoteRun run = new RemoteRun(item.key(), item.body());
                store.remote().apply(List.of(run), new RegionId("peer"), CLOCK_AHEAD);
            } else if (SeriesKeys.isChunk(item.key().sortKey())) {
                store.remote().apply(new DeviceId(device), item.body(), CLOCK_AHEAD);
            }
        }

        private void erase() {
            report(unreported.size()); // an erasure waits for what is under way
            DeviceId device = new DeviceId(any(DEVICES));
            if (random.nextInt(3) == 0) {
                store.erase(device);
            } else {
                long from = anyTime();
                store.erase(
                        device,
                        new TimeRange(from, from + Duration.ofMinutes(10).toSeconds() * 1_000_000));
            }
        }

        private void report(int count) {
            for (int i = 0; i < count && !unreported.isEmpty(); i++) {
                unreported.remove(random.nextInt(unreported.size())).complete(null);
            }
        }

        private void decide() {
            List<List<Write>> all = List.copyOf(undecided);
            undecided.clear();
            for (List<Write> writes : all) {
                if (random.nextBoolean()) {
                    table.forward(writes);
                }
            }
        }

        /** The table is asked, and answers with what is there now; whatever may happen meanwhile happens before and afterwards. */
        private void latest(String device) {
            isLoading = true;
            depth++;
            store.latest(new DeviceId(device));
            depth--;
            isLoading = false;
        }

        private void check() {
            report(unreported.size());
            decide();
            for (String device : DEVICES) {
                Map<String, Object> expected = new TreeMap<>();
                SeriesFixture.scan(store, device, TimeRange.ALL, Set.of(), Direction.ASCENDING)
                        .forEach(reading -> reading.getValue()
                                .forEach((metric, value) -> expected.put(metric, value + "@" + reading.getKey())));
                assertThat(answer(device)).as("latest of " + device).isEqualTo(expected);
                assertThat(answer(device)).as("latest of " + device + " again").isEqualTo(expected);
            }
        }

        private Map<String, Object> answer(String device) {
            Map<String, Object> answer = new TreeMap<>();
            store.latest(new DeviceId(device))
                    .points()
                    .forEach((metric, point) ->
                            answer.put(metric, SeriesFixture.plain(point.value()) + "@" + point.deviceTimeMicros()));
            return answer;
        }

        private void interrupt() {
            if (isLoading && depth < 4 && random.nextInt(3) == 0) {
                isLoading = false;
                step();
                isLoading = true;
            }
        }

        private final class InterruptedTable extends ForwardingTable {
            InterruptedTable(Table table) {
                super(table);
            }

            void forward(List<Write> writes) {
                table.write(writes).await().indefinitely();
            }

            @Override
            public Uni<Void> write(List<Write> writes) {
                return Uni.createFrom().deferred(() -> {
                    decide();
                    if (mayFail && random.nextBoolean()) {
                        undecided.add(writes);
                        return Uni.createFrom().failure(new OutcomeUnknownException("failed on demand", null));
                    }
                    forward(writes);
                    if (mayBeUnreported && random.nextBoolean()) {
                        CompletableFuture<@Nullable Void> reported = new CompletableFuture<>();
                        unreported.add(reported);
                        return Uni.createFrom().completionStage(reported);
                    }
                    return Uni.createFrom().voidItem();
                });
            }

            @Override
            public Uni<Void> put(Item item, Condition condition) {
                return Uni.createFrom().deferred(() -> {
                    decide();
                    return table.put(item, condition);
                });
            }

            @Override
            public Uni<Void> replace(String partitionKey, List<Item> items, List<Bytes> superseded) {
                return Uni.createFrom().deferred(() -> {
                    decide();
                    return table.replace(partitionKey, items, superseded);
                });
            }

            @Override
            public Uni<Optional<Item>> get(Key key, Consistency consistency) {
                interrupt();
                return table.get(key, consistency).invoke(Run.this::interrupt);
            }

            @Override
            public Uni<Page> query(Query query) {
                interrupt();
                // Small pages, so that a load takes several steps.
                Query small = new Query(
                        query.partitionKey(),
                        query.range(),
                        query.direction(),
                        Math.min(query.limit(), 3),
                        query.cursor(),
                        query.consistency());
                return table.query(small).invoke(Run.this::interrupt);
            }
        }
    }

    private static List<Item> items(Table table, String device) {
        List<Item> items = new ArrayList<>();
        new ItemWalk(table, new Query(device, SortRange.ALL, Direction.ASCENDING, 1000, null, Consistency.STRONG), 1000)
                .forEachRemaining(items::add);
        return items;
    }
}
