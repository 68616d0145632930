package io.hearth;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hearth.ingest.DeadLetters;
import io.hearth.ingest.Delivery;
import io.hearth.ingest.Ingest;
import io.hearth.ingest.IngestSettings;
import io.hearth.ingest.Receipt;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.series.SeriesStore;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.dynamodb.DynamoDbTable;
import io.hearth.table.dynamodb.Operation;
import io.hearth.table.dynamodb.RequestListener;
import io.hearth.table.dynamodb.TestDynamoDb;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.DoubleAdder;

/**
 * What readings cost on the DynamoDB API: the units that the tests' server says were consumed, which counts as DynamoDB
 * does. A reading has a temperature, a humidity and a motion, as the simulator's have.
 *
 * <pre>mvn -Pbench test-compile exec:exec -Dbench.main=io.hearth.CostBenchmark -Dbench=</pre>
 */
public final class CostBenchmark {
    private static final int READINGS = 1_000;
    private static final int DAY_READINGS = 8_640;
    private static final InstantSource CLOCK = Clock.systemUTC();
    private static final long DAY =
            EpochMicros.of(CLOCK.instant().truncatedTo(ChronoUnit.DAYS).minus(2, ChronoUnit.DAYS));
    private static final DeviceId DEVICE = new DeviceId("thermostat-0001");

    /** 10,000 devices, a reading each 10 s, 30 days. */
    private static final double MONTH_READINGS = 10_000 * 360.0 * 24 * 30;

    /** On-demand list prices of us-east-1 for a million units, November 2026. */
    private static final double WRITE_PRICE = 0.625;

    private static final double READ_PRICE = 0.125;

    private final Units units = new Units();
    private final DynamoDbTable table = TestDynamoDb.get().open(CLOCK, units);
    private final SeriesStore series = new SeriesStore(table, new RegionId("eu-1"), CLOCK, Duration.ofDays(30));
    private final Random random = new Random(1);
    private int sent;

    private static final class Units implements RequestListener {
        final DoubleAdder written = new DoubleAdder();
        final DoubleAdder read = new DoubleAdder();

        @Override
        public void answered(Operation operation, double capacityUnits, long nanos) {
            (operation.writes() ? written : read).add(capacityUnits);
        }

        @Override
        public void throttled(Operation operation) {}

        @Override
        public void failed(Operation operation) {}

        void reset() {
            written.reset();
            read.reset();
        }
    }

    public static void main(String[] args) throws Exception {
        System.out.println(
                "stored as                          write units / 1,000 readings    10,000 devices, $ / month");
        new CostBenchmark().write("single readings, one item each", 1, 1);
        new CostBenchmark().write("2 messages within the linger", 1, 2);
        new CostBenchmark().write("6 messages within the linger", 1, 6);
        new CostBenchmark().write("60 messages within the linger", 1, 60);
        new CostBenchmark().write("messages of 6 readings", 6, 1);
        new CostBenchmark().write("messages of 60 readings", 60, 1);
        System.out.println();
        new CostBenchmark().day("a day as single readings", 1);
        new CostBenchmark().day("a day in messages of 60", 60);
        System.exit(0);
    }

    private void write(String name, int perMessage, int together) throws InterruptedException {
        try (Ingest ingest = ingest(together == 1 ? Duration.ZERO : Duration.ofMillis(500))) {
            send(ingest, 1, 1); // makes the device known
            sent = 0;
            units.reset();
            int readings = 0;
            while (readings < READINGS) {
                send(ingest, perMessage, together);
                readings += perMessage * together;
            }
            double perThousand = units.written.sum() * 1000 / readings;
            System.out.printf(
                    Locale.ROOT,
                    "%-34s %27.1f %28.0f%n",
                    name,
                    perThousand,
                    perThousand / 1000 * MONTH_READINGS / 1e6 * WRITE_PRICE);
        }
        table.close();
    }

    private void day(String name, int perMessage) throws InterruptedException {
        try (Ingest ingest = ingest(Duration.ZERO)) {
            for (int i = 0; i < DAY_READINGS; i += perMessage) {
                send(ingest, perMessage, 1);
            }
        }
        System.out.println(name);
        read("  before sealing");
        units.reset();
        series.seal(DAY + Duration.ofDays(2).toSeconds() * 1_000_000, nanos -> {});
        System.out.printf(
                Locale.ROOT,
                "  sealing it: %.0f write units, %.0f read units; all 10,000 devices $ %.0f / month%n",
                units.written.sum(),
                units.read.sum(),
                (units.written.sum() * WRITE_PRICE + units.read.sum() * READ_PRICE) * 10_000 * 30 / 1e6);
        read("  sealed");
        table.close();
    }

    private void read(String name) {
        units.reset();
        Iterator<ReadingBlock> blocks =
                series.scan(DEVICE, TimeRange.ALL, Set.of(), Direction.ASCENDING, Consistency.STRONG);
        int readings = 0;
        while (blocks.hasNext()) {
            readings += blocks.next().size();
        }
        double day = units.read.sum();
        units.reset();
        series.latest(DEVICE);
        System.out.printf(
                Locale.ROOT,
                "%s: reading the day (%d readings) %.1f read units, the latest values %.1f%n",
                name,
                readings,
                day,
                units.read.sum());
    }

    private Ingest ingest(Duration linger) {
        IngestSettings settings =
                new IngestSettings(1 << 18, Duration.ofMinutes(10), Duration.ofDays(30), linger, Duration.ofHours(24));
        return new Ingest(
                series, new DeadLetters(table, Duration.ofDays(30)), CLOCK, settings, new SimpleMeterRegistry());
    }

    /** Some messages of the device at once, and waits until they are acknowledged. */
    private void send(Ingest ingest, int perMessage, int messages) throws InterruptedException {
        Semaphore settled = new Semaphore(0);
        for (int message = 0; message < messages; message++) {
            StringBuilder payload = new StringBuilder("[");
            for (int i = 0; i < perMessage; i++) {
                long micros = DAY + sent++ * 10_000_000L;
                payload.append(i == 0 ? "" : ",")
                        .append("{\"ts\":%d,\"values\":{\"temperature\":%.1f,\"humidity\":%.1f,\"motion\":%b}}"
                                .formatted(
                                        micros,
                                        20 + random.nextGaussian(),
                                        50 + 3 * random.nextGaussian(),
                                        random.nextInt(20) == 0));
            }
            byte[] bytes = payload.append(']').toString().getBytes(UTF_8);
            Delivery delivery = new Delivery(
                    "devices/" + DEVICE + "/telemetry", DEVICE.value(), bytes, EpochMicros.of(CLOCK.instant()), null);
            ingest.submit(delivery, new Receipt() {
                @Override
                public void settled() {
                    settled.release();
                }

                @Override
                public void failed(Throwable cause) {
                    throw new IllegalStateException(cause);
                }
            });
        }
        settled.acquire(messages);
    }
}
