package io.hearth.table.rocksdb;

import com.sun.management.OperatingSystemMXBean;
import io.hearth.bytes.ByteWriter;
import io.hearth.table.Bytes;
import io.hearth.table.CommitListener;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Write;
import io.hearth.table.rocksdb.database.Database;
import io.hearth.table.rocksdb.expiry.SweepResult;
import io.hearth.table.rocksdb.row.BatchFormat;
import io.hearth.table.rocksdb.row.RowKey;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * Measures the table in a directory that is given, on a disk that is really meant:
 *
 * <pre>
 *   java -cp ... io.hearth.table.rocksdb.RocksDbTableBenchmark open|write|read|sweep|encoding /var/tmp/bench
 * </pre>
 */
public final class RocksDbTableBenchmark {
    private static final int BODY_BYTES = 40;
    private static final int DEVICES = 1000;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private final FakeClock clock = new FakeClock();
    private final Path directory;
    private final AtomicLong commits = new AtomicLong();

    private RocksDbTableBenchmark(Path directory) {
        this.directory = directory;
    }

    public static void main(String[] arguments) throws Exception {
        Path directory = Files.createDirectories(Path.of(arguments[1]));
        RocksDbTableBenchmark benchmark = new RocksDbTableBenchmark(
                Files.createTempDirectory(directory, "table").resolve("data"));
        switch (arguments[0]) {
            case "open" -> benchmark.open();
            case "write" -> benchmark.write();
            case "read" -> benchmark.read();
            case "sweep" -> benchmark.sweep();
            case "encoding" -> benchmark.encoding();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private RocksDbTable table(Duration walRetention) {
        RocksDbSettings defaults = RocksDbSettings.of(directory);
        RocksDbSettings settings = new RocksDbSettings(
                directory,
                true,
                walRetention,
                Duration.ZERO,
                defaults.blockCacheBytes(),
                defaults.memtableBytes(),
                defaults.maxPendingBytes());
        return RocksDbTable.open(settings, clock, new CommitListener() {
            @Override
            public void committed(int batches, int writes, long bytes, long commitNanos) {
                commits.incrementAndGet();
            }

            @Override
            public void failed(int batches) {
                throw new IllegalStateException("a commit failed");
            }
        });
    }

    private void open() {
        for (int i = 0; i < 3; i++) {
            long start = System.nanoTime();
            RocksDbTable table = table(Duration.ZERO);
            print("open %d: %.0f ms", i, millisSince(start));
            table.close();
        }
    }

    private void write() throws InterruptedException {
        try (RocksDbTable table = table(Duration.ZERO)) {
            table.write(List.of()).await().indefinitely(); // Mutiny's first use is not safe from many threads
            for (int threads : new int[] {1, 2, 4}) {
                for (int outstanding : new int[] {1, 64, 1000, 20_000}) {
                    writeRate(table, threads, outstanding, 0, Duration.ofSeconds(3));
                }
            }
        }
    }

    /** Threads that each put single items, with so many unanswered. */
    private double writeRate(RocksDbTable table, int threads, int outstanding, long expiresAtSeconds, Duration duration)
            throws InterruptedException {
        LongAdder answered = new LongAdder();
        LongAdder failed = new LongAdder();
        long commitsBefore = commits.get();
        long cpuBefore = PROCESS.getProcessCpuTime();
        long committerBefore = committerCpuNanos();
        long start = System.nanoTime();
        List<Thread> running = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int thread = t;
            Thread writer = new Thread(() -> {
                Semaphore window = new Semaphore(outstanding);
                long sequence = start + thread;
                while (System.nanoTime() - start < duration.toNanos()) {
                    window.acquireUninterruptibly();
                    sequence += threads;
                    table.write(List.of(new Write.Put(item(sequence, expiresAtSeconds))))
                            .subscribe()
                            .with(
                                    done -> {
                                        answered.increment();
                                        window.release();
                                    },
                                    failure -> {
                                        failed.increment();
                                        window.release();
                                    });
                }
                window.acquireUninterruptibly(outstanding);
            });
            writer.start();
            running.add(writer);
        }
        for (Thread writer : running) {
            writer.join();
        }
        double rate = answered.sum() / secondsSince(start);
        print(
                "write: %d threads x %5d outstanding: %,9.0f puts/s, %,6.0f puts a commit, %d failed,"
                        + " CPU per put %.2f us, of the committer %.2f us",
                threads,
                outstanding,
                rate,
                (double) answered.sum() / Math.max(1, commits.get() - commitsBefore),
                failed.sum(),
                (PROCESS.getProcessCpuTime() - cpuBefore) / 1e3 / answered.sum(),
                (committerCpuNanos() - committerBefore) / 1e3 / answered.sum());
        return rate;
    }

    /** Tells what the machine could do from what its other work leaves. */
    private static long committerCpuNanos() {
        for (ThreadInfo thread : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
            if (thread != null && thread.getThreadName().equals("table-commits")) {
                return THREADS.getThreadCpuTime(thread.getThreadId());
            }
        }
        throw new IllegalStateException("no committer");
    }

    private static Item item(long sequence, long expiresAtSeconds) {
        byte[] sort = ByteBuffer.allocate(13).put((byte) 1).putLong(sequence).array();
        byte[] body = new byte[BODY_BYTES];
        ByteBuffer.wrap(body).putLong(sequence * 0x9E3779B97F4A7C15L);
        String device = "device-" + sequence % DEVICES;
        return new Item(new Key(device, Bytes.wrap(sort)), Bytes.wrap(body), expiresAtSeconds, 0, null);
    }

    /** One native call for a batch that Java made, against one for each put; CPU time, without syncs. */
    private void encoding() throws RocksDBException {
        RocksDB.loadLibrary();
        byte[][] keys = new byte[1000][];
        byte[][] values = new byte[keys.length][];
        try (Database database = Database.open(RocksDbSettings.of(directory).database())) {
            for (int round = 0; round < 6; round++) {
                boolean ours = round % 2 == 0;
                long cpuNanos = 0;
                for (int batch = 0; batch < 500; batch++) {
                    for (int i = 0; i < keys.length; i++) {
                        keys[i] = RowKey.encode(item((long) (round * 500 + batch) * keys.length + i, 0)
                                .key());
                        values[i] = new byte[BODY_BYTES + 1];
                    }
                    long start = THREADS.getCurrentThreadCpuTime();
                    if (ours) {
                        database.writeLazily(encoded(keys, values));
                    } else {
                        putOneByOne(database, keys, values);
                    }
                    cpuNanos += THREADS.getCurrentThreadCpuTime() - start;
                }
                print("%s: %.2f us a put", ours ? "one call a batch" : "one call a put", cpuNanos / 1e3 / 500_000);
            }
        }
    }

    private static byte[] encoded(byte[][] keys, byte[][] values) {
        ByteWriter sink = new ByteWriter(keys.length * 80);
        sink.writeBytes(new byte[BatchFormat.HEADER_BYTES]);
        for (int i = 0; i < keys.length; i++) {
            BatchFormat.putItem(sink);
            BatchFormat.slice(keys[i], sink);
            BatchFormat.slice(values[i], sink);
        }
        byte[] batch = sink.toByteArray();
        BatchFormat.writeCount(batch, keys.length);
        return batch;
    }

    private static void putOneByOne(Database database, byte[][] keys, byte[][] values) throws RocksDBException {
        try (WriteBatch batch = new WriteBatch();
                WriteOptions options = new WriteOptions()) {
            for (int i = 0; i < keys.length; i++) {
                batch.put(keys[i], values[i]);
            }
            database.db().write(options, batch);
        }
    }

    private void load(RocksDbTable table, int items, long expiresAtSeconds) {
        List<Write> batch = new ArrayList<>();
        for (int i = 0; i < items; i++) {
            batch.add(new Write.Put(item(i, expiresAtSeconds)));
            if (batch.size() == 5000 || i == items - 1) {
                table.write(batch).await().indefinitely();
                batch = new ArrayList<>();
            }
        }
    }

    private void read() {
        try (RocksDbTable table = table(Duration.ZERO)) {
            List<Write> oneDevice = new ArrayList<>();
            for (int i = 0; i < 100_000; i++) {
                oneDevice.add(new Write.Put(item((long) i * DEVICES, clock.seconds() + 1000)));
            }
            table.write(oneDevice).await().indefinitely();
            load(table, 1_000_000, 0);
        }
        try (RocksDbTable table = table(Duration.ZERO)) {
            for (Direction direction : Direction.values()) {
                Query query = new Query("device-0", SortRange.ALL, direction, 10_000, null, Consistency.STRONG);
                for (int round = 0; round < 6; round++) {
                    long start = System.nanoTime();
                    long items = 0;
                    for (int i = 0; i < 200; i++) {
                        Page page = table.query(query).await().indefinitely();
                        items += page.items().size();
                    }
                    print("query %s, pages of 10,000: %,.0f items/s", direction, items / secondsSince(start));
                }
            }
            for (int round = 0; round < 4; round++) {
                long start = System.nanoTime();
                int gets = 200_000;
                for (int i = 0; i < gets; i++) {
                    long sequence = (i * 7919L) % 100_000 * DEVICES;
                    table.get(item(sequence, 0).key(), Consistency.STRONG)
                            .await()
                            .indefinitely();
                }
                print("get: %,.0f /s", gets / secondsSince(start));
            }
        }
    }

    private void sweep() throws InterruptedException, IOException {
        int items = 2_000_000;
        try (RocksDbTable table = table(Duration.ZERO)) {
            load(table, items, clock.seconds() + 100);
        }
        try (RocksDbTable table = table(Duration.ZERO)) {
            long before = diskBytes();
            writeRate(table, 2, 5000, 0, Duration.ofSeconds(5));
            long loaded = diskBytes();
            clock.advance(Duration.ofSeconds(100));
            SweepResult[] result = new SweepResult[1];
            Thread sweeper = new Thread(() -> result[0] = table.sweepNow());
            sweeper.start();
            writeRate(table, 2, 5000, 0, Duration.ofSeconds(5));
            sweeper.join();
            print("sweep while writing: %s", result[0]);
            print("disk: %,d items %,d B; with what was written before the sweep %,d B", items, before, loaded);
            long start = System.nanoTime();
            print("second sweep: %s, %.0f ms, disk after it %,d B", table.sweepNow(), millisSince(start), diskBytes());
        }
    }

    private long diskBytes() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(".sst"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    private static double millisSince(long startNanos) {
        return (System.nanoTime() - startNanos) / 1e6;
    }

    private static double secondsSince(long startNanos) {
        return (System.nanoTime() - startNanos) / 1e9;
    }

    private static void print(String format, Object... values) {
        System.out.printf(Locale.ROOT, format + "%n", values);
    }
}
