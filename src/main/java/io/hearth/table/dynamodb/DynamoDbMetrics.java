package io.hearth.table.dynamodb;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Shows what requests to DynamoDB cost and how they go as metrics, by operation of the table. */
public final class DynamoDbMetrics implements RequestListener {
    private final MeterRegistry registry;
    private final Map<Operation, Counter> units = new EnumMap<>(Operation.class);
    private final Map<Operation, Timer> times = new EnumMap<>(Operation.class);
    private final Map<Operation, Counter> throttled = new EnumMap<>(Operation.class);
    private final Map<Operation, Counter> failed = new EnumMap<>(Operation.class);

    public DynamoDbMetrics(MeterRegistry registry) {
        this.registry = registry;
        for (Operation operation : Operation.values()) {
            String label = operation.label();
            units.put(
                    operation,
                    Counter.builder("hearth.table.capacity")
                            .baseUnit("units")
                            .tag("operation", label)
                            .tag("kind", operation.writes() ? "write" : "read")
                            .description("Capacity units that DynamoDB says were consumed")
                            .register(registry));
            times.put(
                    operation,
                    Timer.builder("hearth.table.request")
                            .tag("operation", label)
                            .description("How long an answered request to DynamoDB took")
                            .serviceLevelObjectives(
                                    Duration.ofMillis(5),
                                    Duration.ofMillis(25),
                                    Duration.ofMillis(100),
                                    Duration.ofMillis(500),
                                    Duration.ofSeconds(2))
                            .register(registry));
            throttled.put(
                    operation,
                    Counter.builder("hearth.table.throttled")
                            .tag("operation", label)
                            .description("Requests, or parts of one, that were refused for load; sent again")
                            .register(registry));
            failed.put(
                    operation,
                    Counter.builder("hearth.table.request.failures")
                            .tag("operation", label)
                            .description("Requests that failed or were not answered in time; sent again")
                            .register(registry));
        }
    }

    public void watch(DynamoDbTable table) {
        Gauge.builder("hearth.table.pending", table, DynamoDbTable::pendingBytes)
                .baseUnit("bytes")
                .description("Writes that wait to be durable")
                .register(registry);
        Gauge.builder("hearth.table.pending.batches", table, DynamoDbTable::pendingBatches)
                .description("Batches that wait to be durable")
                .register(registry);
    }

    @Override
    public void answered(Operation operation, double capacityUnits, long nanos) {
        count(units, operation, capacityUnits);
        Timer time = times.get(operation);
        if (time != null) {
            time.record(nanos, TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void throttled(Operation operation) {
        count(throttled, operation, 1);
    }

    @Override
    public void failed(Operation operation) {
        count(failed, operation, 1);
    }

    private static void count(Map<Operation, Counter> counters, Operation operation, double amount) {
        Counter counter = counters.get(operation);
        if (counter != null) {
            counter.increment(amount);
        }
    }
}
