package io.hearth.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.Value;
import io.hearth.series.SeriesStore;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.dynamodb.DynamoDbTable;
import io.hearth.table.dynamodb.FaultProxy;
import io.hearth.table.dynamodb.TestDynamoDb;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Ingest into a DynamoDB that throttles, fails, answers late or not at all, and hands back halves of batches. */
class DynamoDbFaultsIT {
    private static final int DEVICES = 40;
    private static final int MESSAGES = 2_000;
    private static final int IN_FLIGHT = 50;
    private static final int MAX_PENDING_BYTES = 2 << 20;
    private static final Duration REQUEST_TIME_OUT = Duration.ofSeconds(1);
    private static final long START_MICROS = EpochMicros.of(Instant.now());
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @Test
    void faultsOfEveryKind_loseAndDoubleNothing_inBoundedMemory() throws Exception {
        long seed = Long.getLong("DynamoDbFaultsIT.seed", System.nanoTime());
        InstantSource clock = Clock.systemUTC();
        TestDynamoDb dynamoDb = TestDynamoDb.get();
        try (FaultProxy proxy = new FaultProxy(dynamoDb.endpoint(), REQUEST_TIME_OUT.multipliedBy(2), seed);
                DynamoDbTable table = dynamoDb.open(
                        clock,
                        proxy.endpoint(),
                        // A deadline that comes often, so that ingest has to begin anew as well.
                        new TestDynamoDb.Limits(REQUEST_TIME_OUT, Duration.ofSeconds(3), MAX_PENDING_BYTES))) {
            SeriesStore series = new SeriesStore(table, new RegionId("local"), clock, Duration.ofDays(30));
            DeadLetters deadLetters = new DeadLetters(table, Duration.ofDays(30));
            IngestSettings settings = new IngestSettings(
                    10_000, Duration.ofMinutes(10), Duration.ofDays(30), Duration.ofMillis(20), Duration.ofHours(24));
            SimpleMeterRegistry registry = new SimpleMeterRegistry();
            Semaphore window = new Semaphore(IN_FLIGHT);
            AtomicInteger failed = new AtomicInteger();
            AtomicInteger settled = new AtomicInteger();
            AtomicLong mostPending = new AtomicLong();
            long[] ackMillis = new long[MESSAGES];
            ScheduledExecutorService sampler = Executors.newSingleThreadScheduledExecutor();
            var unused = sampler.scheduleAtFixedRate(
                    () -> mostPending.accumulateAndGet(table.pendingBytes(), Math::max), 1, 1, TimeUnit.MILLISECONDS);
            try (Ingest ingest = new Ingest(series, deadLetters, clock, settings, registry)) {
                proxy.faults(0.25);
                for (int i = 0; i < MESSAGES; i++) {
                    assertThat(window.tryAcquire(LIMIT.toSeconds(), TimeUnit.SECONDS))
                            .as("-DDynamoDbFaultsIT.seed=%d: %s", seed, proxy)
                            .isTrue();
                    int number = i;
                    long startNanos = System.nanoTime();
                    ingest.submit(delivery(number, clock), new Receipt() {
                        @Override
                        public void settled() {
                            ackMillis[number] = (System.nanoTime() - startNanos) / 1_000_000;
                            settled.incrementAndGet();
                            window.release();
                        }

                        @Override
                        public void failed(Throwable failure) {
                            failed.incrementAndGet();
                            window.release();
                        }
                    });
                }
                assertThat(window.tryAcquire(IN_FLIGHT, LIMIT.toSeconds(), TimeUnit.SECONDS))
                        .as("-DDynamoDbFaultsIT.seed=%d: %s", seed, proxy)
                        .isTrue();
            }
            sampler.shutdownNow();
            Arrays.sort(ackMillis);
            System.out.printf(
                    "DynamoDbFaultsIT -DDynamoDbFaultsIT.seed=%d: faults %s; ack ms median %d, 99 %% %d, most %d; at most %d bytes pending%n",
                    seed,
                    proxy,
                    ackMillis[MESSAGES / 2],
                    ackMillis[MESSAGES * 99 / 100],
                    ackMillis[MESSAGES - 1],
                    mostPending.get());
            proxy.faults(0);
            assertThat(failed).hasValue(0);
            assertThat(settled).hasValue(MESSAGES);
            assertThat(mostPending.get()).isBetween(1L, (long) MAX_PENDING_BYTES);
            for (FaultProxy.Fault fault : FaultProxy.Fault.values()) {
                assertThat(proxy.count(fault)).as(fault.name()).isPositive();
            }
            List<Integer> malformed = IntStream.range(0, MESSAGES)
                    .filter(DynamoDbFaultsIT::isMalformed)
                    .boxed()
                    .toList();
            for (int device = 0; device < DEVICES; device++) {
                int its = device;
                assertThat(numbers(series, device))
                        .as("-DDynamoDbFaultsIT.seed=%d, device %d", seed, device)
                        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, MESSAGES)
                                .filter(i -> i % DEVICES == its && !isMalformed(i))
                                .boxed()
                                .toList());
            }
            assertThat(deadLetters.list(1000, null, null).letters())
                    .extracting(letter -> letter.topic())
                    .containsExactlyInAnyOrderElementsOf(
                            malformed.stream().map(i -> "topic/" + i).toList());
        }
    }

    private static boolean isMalformed(int number) {
        return number % 97 == 3;
    }

    /** Half of the readings have no time of their own: stored twice, they would show twice. */
    private static Delivery delivery(int number, InstantSource clock) {
        long nowMicros = EpochMicros.of(clock.instant());
        String payload = isMalformed(number)
                ? "{"
                : number % 2 == 0
                        ? "{\"n\":" + number + "}"
                        : "{\"ts\":" + (START_MICROS - number * 1_000L) + ",\"values\":{\"n\":" + number + "}}";
        byte[] bytes = payload.getBytes(UTF_8);
        return new Delivery("topic/" + number, "d" + number % DEVICES, bytes, bytes.length, nowMicros, null);
    }

    private static List<Integer> numbers(SeriesStore series, int device) {
        List<Integer> numbers = new ArrayList<>();
        Iterator<ReadingBlock> blocks = series.scan(
                new DeviceId("d" + device), TimeRange.ALL, Set.of(), Direction.ASCENDING, Consistency.STRONG);
        while (blocks.hasNext()) {
            ReadingBlock block = blocks.next();
            Column column = block.columns().get(0);
            for (int row = 0; row < block.size(); row++) {
                numbers.add((int) ((Value.Num) Objects.requireNonNull(column.valueAt(row))).number());
            }
        }
        return numbers;
    }
}
