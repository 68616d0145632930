package io.hearth.presence;

import io.hearth.model.DeviceId;
import io.hearth.table.Table;
import io.hearth.table.Write;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Brings presence to the table: the changes of many devices in one commit, one commit after the other, of a device that
 * changes faster than that the latest. What the table refuses is tried again until it takes it. All methods are called with
 * the lock held that the constructor is given.
 */
final class PresenceWriter {
    static final Duration FIRST_RETRY = Duration.ofMillis(100);
    static final Duration LAST_RETRY = Duration.ofSeconds(5);

    private final Table table;
    private final Object lock;
    private final Consumer<Set<DeviceId>> written;
    private Map<DeviceId, Write> waiting = new LinkedHashMap<>();
    private Map<DeviceId, Write> underWay = Map.of();
    private CompletableFuture<Void> waitingWritten = new CompletableFuture<>();
    private CompletableFuture<Void> underWayWritten = CompletableFuture.completedFuture(null);

    /** @param written hears, with the lock held, which devices the table has; some of them may have changed again */
    PresenceWriter(Table table, Object lock, Consumer<Set<DeviceId>> written) {
        this.table = table;
        this.lock = lock;
        this.written = written;
    }

    /** Writes the item of a device, in place of one that waits; completes when it, or a later one, is durable. */
    CompletableFuture<Void> write(DeviceId device, Write write) {
        waiting.put(device, write);
        CompletableFuture<Void> durable = waitingWritten;
        if (underWay.isEmpty()) {
            writeNext();
        }
        return durable;
    }

    /** Completes when the last change of a device is durable; null if it is. */
    @Nullable
    CompletableFuture<Void> pending(DeviceId device) {
        if (waiting.containsKey(device)) {
            return waitingWritten;
        }
        return underWay.containsKey(device) ? underWayWritten : null;
    }

    /** Completes when everything that was written so far is durable. */
    CompletableFuture<Void> everything() {
        return waiting.isEmpty() ? underWayWritten : waitingWritten;
    }

    /** Holding the lock, which no table waits for. */
    private void writeNext() {
        underWay = waiting;
        underWayWritten = waitingWritten;
        waiting = new LinkedHashMap<>();
        waitingWritten = new CompletableFuture<>();
        CompletableFuture<Void> durable = underWayWritten;
        table.write(List.copyOf(underWay.values()))
                .onFailure()
                .retry()
                .withBackOff(FIRST_RETRY, LAST_RETRY)
                .indefinitely()
                .subscribe()
                .with(done -> finish(durable), durable::completeExceptionally);
    }

    private void finish(CompletableFuture<Void> durable) {
        synchronized (lock) {
            Set<DeviceId> devices = underWay.keySet();
            underWay = Map.of();
            written.accept(devices);
            if (!waiting.isEmpty()) {
                writeNext();
            }
        }
        durable.complete(null);
    }
}
