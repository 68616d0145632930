package io.hearth.table.rocksdb;

import io.hearth.table.CommitListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Shows the commits of the embedded table as metrics. */
public final class TableMetrics implements CommitListener {
    private final MeterRegistry registry;
    private final Timer commitTime;
    private final DistributionSummary commitWrites;
    private final Counter committedBytes;
    private final Counter failures;

    public TableMetrics(MeterRegistry registry) {
        this.registry = registry;
        commitTime = Timer.builder("hearth.table.commit")
                .description("How long a group commit takes until it is durable")
                .serviceLevelObjectives(
                        Duration.ofNanos(250_000),
                        Duration.ofMillis(1),
                        Duration.ofMillis(5),
                        Duration.ofMillis(25),
                        Duration.ofMillis(100),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(2))
                .register(registry);
        commitWrites = DistributionSummary.builder("hearth.table.commit.writes")
                .description("Puts and deletes that share one group commit")
                .serviceLevelObjectives(1, 10, 100, 1_000, 10_000)
                .register(registry);
        committedBytes = Counter.builder("hearth.table.committed")
                .baseUnit("bytes")
                .description("What was written to the log")
                .register(registry);
        failures = Counter.builder("hearth.table.commit.failures")
                .description("Group commits that failed")
                .register(registry);
    }

    public void watch(RocksDbTable table) {
        Gauge.builder("hearth.table.pending", table, RocksDbTable::pendingBytes)
                .baseUnit("bytes")
                .description("Writes that wait to be committed")
                .register(registry);
        Gauge.builder("hearth.table.pending.batches", table, RocksDbTable::pendingBatches)
                .description("Batches that wait to be committed")
                .register(registry);
        Gauge.builder("hearth.table.writable", table, watched -> watched.writeFailure() == null ? 1 : 0)
                .description("0 while commits fail, as on a full disk")
                .register(registry);
        Gauge.builder(
                        "hearth.table.damages",
                        table,
                        watched -> watched.damages().size())
                .description("Places in the table's files that were found damaged since the start")
                .register(registry);
        Gauge.builder(
                        "hearth.table.removal.behind",
                        table,
                        watched -> watched.removalBehind().toMillis() / 1e3)
                .baseUnit("seconds")
                .description(
                        "How much the wall clock is ahead of the time by which expired items are removed from disk")
                .register(registry);
    }

    @Override
    public void committed(int batches, int writes, long bytes, long commitNanos) {
        commitTime.record(commitNanos, TimeUnit.NANOSECONDS);
        commitWrites.record(writes);
        committedBytes.increment((double) bytes);
    }

    @Override
    public void failed(int batches) {
        failures.increment();
    }
}
