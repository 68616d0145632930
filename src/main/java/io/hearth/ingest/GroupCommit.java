package io.hearth.ingest;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.series.SeriesStore;
import io.hearth.table.TableException;
import io.opentelemetry.api.trace.Tracer;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Commits deliveries in groups. They wait in a queue that their transports bound; one thread decodes whatever waits, groups it
 * by device and appends it, while the groups before are still being committed. So under load the groups grow by themselves.
 * Where items are paid for rather than bytes, a group may linger for a while, so that readings of a device become one run;
 * nothing of it is acknowledged before.
 */
final class GroupCommit implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(GroupCommit.class);

    /** Groups under way: one that the disk syncs, and one that gathers meanwhile. */
    private static final int GROUPS_IN_FLIGHT = 2;

    private static final int MAX_GROUP_DELIVERIES = 4096;
    private static final long MAX_GROUP_BYTES = 4 << 20;

    private final SeriesStore series;
    private final DeadLetters deadLetters;
    private final DeliveryDecoder decoder;
    private final Redeliveries redeliveries;
    private final IngestMetrics metrics;
    private final long lingerNanos;

    private record Waiting(Delivery delivery, Receipt receipt) {}

    private final Queue<Waiting> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final Semaphore groupsFree = new Semaphore(GROUPS_IN_FLIGHT);
    private final Queue<CommitGroup> idleGroups = new ConcurrentLinkedQueue<>();
    private final AppendOrder order = new AppendOrder();
    private final Thread thread;
    private volatile @Nullable IngestTraces traces;
    private volatile boolean idle;
    private volatile boolean closed;

    /** @param linger how long a group waits for more */
    GroupCommit(
            SeriesStore series,
            DeadLetters deadLetters,
            DeliveryDecoder decoder,
            Redeliveries redeliveries,
            Duration linger,
            IngestMetrics metrics) {
        this.series = series;
        this.deadLetters = deadLetters;
        this.decoder = decoder;
        this.redeliveries = redeliveries;
        this.metrics = metrics;
        this.lingerNanos = linger.toNanos();
        metrics.queued(queued);
        for (int i = 0; i < GROUPS_IN_FLIGHT; i++) {
            idleGroups.add(new CommitGroup());
        }
        thread = DaemonThreads.thread("hearth-ingest", this::run);
        thread.start();
    }

    /** Makes spans of sampled deliveries from now on. Without it nothing is asked. */
    void traceWith(Tracer tracer) {
        traces = new IngestTraces(tracer);
    }

    /** Takes a delivery, whose receipt is called when what it became is durable. Never blocks. */
    void submit(Delivery delivery, Receipt receipt) {
        queue.add(new Waiting(delivery, receipt));
        queued.incrementAndGet();
        if (idle) {
            LockSupport.unpark(thread);
        }
        if (closed) {
            failQueued();
        }
    }

    private void run() {
        Waiting carried = null;
        while (!closed) {
            Waiting next = carried == null ? poll() : carried;
            carried = null;
            if (next == null) {
                idle = true;
                if (queue.isEmpty() && !closed) {
                    LockSupport.park(this);
                }
                idle = false;
                continue;
            }
            groupsFree.acquireUninterruptibly();
            CommitGroup group = idleGroups.remove();
            long beganNanos = 0;
            while (next != null) {
                if (redeliveries.mayDoubleOneUnderWay(next.delivery)) {
                    carried = next;
                    break;
                }
                if (group.isEmpty()) {
                    beganNanos = System.nanoTime();
                }
                admit(next, group);
                boolean full = group.receipts.size() >= MAX_GROUP_DELIVERIES || group.payloadBytes >= MAX_GROUP_BYTES;
                boolean lingers = lingerNanos > 0 && !group.batch.isEmpty();
                next = full ? null : lingers ? pollUntil(beganNanos + lingerNanos) : poll();
            }
            if (group.isEmpty()) {
                idleGroups.add(group);
                groupsFree.release();
            } else {
                commit(group);
            }
            if (carried != null) {
                // Once everything before it is durable, the table can tell whether this one is there already.
                groupsFree.acquireUninterruptibly(GROUPS_IN_FLIGHT);
                groupsFree.release(GROUPS_IN_FLIGHT);
            }
        }
        failQueued();
    }

    private @Nullable Waiting poll() {
        Waiting next = queue.poll();
        if (next != null) {
            queued.decrementAndGet();
        }
        return next;
    }

    /** What comes next, for which it waits until then. */
    private @Nullable Waiting pollUntil(long endNanos) {
        Waiting next = poll();
        while (next == null && !closed) {
            idle = true;
            // Whoever adds to the queue from here on sees that it must wake this thread.
            long leftNanos = endNanos - System.nanoTime();
            if (leftNanos <= 0) {
                idle = false;
                return poll();
            }
            if (queue.isEmpty()) {
                LockSupport.parkNanos(this, leftNanos);
            }
            idle = false;
            next = poll();
        }
        return next;
    }

    /** Decodes a delivery into a group. Whatever goes wrong concerns this delivery only. */
    private void admit(Waiting waiting, CommitGroup group) {
        Delivery delivery = waiting.delivery;
        metrics.deliveries.increment();
        int first = group.batch.size();
        while (true) {
            try {
                decoder.decode(delivery, group);
                group.receipts.add(waiting.receipt);
                IngestTraces tracing = traces;
                if (tracing != null) {
                    tracing.admitted(delivery, group.spans);
                }
                group.payloadBytes += delivery.payload().length;
                return;
            } catch (TableException e) {
                group.batch.points().truncate(first);
                if (closed) {
                    fail(waiting.receipt, e);
                    return;
                }
                LOG.warnf("The table could not be read, which is tried again: %s", e.getMessage());
                LockSupport.parkNanos(this, WriteRetries.LAST_PAUSE.toNanos());
            } catch (RuntimeException e) {
                // Trying again would not help, and everything behind it would wait.
                group.batch.points().truncate(first);
                decoder.buryUnhandled(delivery, e, group);
                group.receipts.add(waiting.receipt);
                return;
            }
        }
    }

    private void commit(CommitGroup group) {
        IngestTraces.committing(group.spans);
        Uni<Void> deadLettersToo = group.deadLetters.isEmpty()
                ? null
                : untilDurable(Uni.createFrom().deferred(() -> deadLetters.store(group.deadLetters)));
        order.next()
                .append(series, group.batch, () -> {}, this::untilDurable, deadLettersToo)
                .subscribe()
                .with(done -> settled(group), failure -> failed(group, failure));
    }

    /** Tries again for as long as the service runs: devices wait for their acknowledgement meanwhile, and nothing is lost. */
    private Uni<Void> untilDurable(Uni<Void> write) {
        return WriteRetries.untilDurable(write, () -> !closed);
    }

    private void settled(CommitGroup group) {
        IngestTraces.committed(group.spans, null);
        metrics.stored.increment(group.batch.size());
        group.deadLetters.forEach(letter -> metrics.deadLetter(letter.reason()));
        // Before the receipts: a client that hears of it may use the packet id again at once.
        redeliveries.ended(group);
        group.receipts.forEach(receipt -> call(receipt, Receipt::settled));
        release(group);
    }

    private void failed(CommitGroup group, Throwable failure) {
        if (!closed) {
            LOG.errorf(failure, "A group of %d messages could not be committed", group.receipts.size());
        }
        IngestTraces.committed(group.spans, failure);
        redeliveries.ended(group);
        group.receipts.forEach(receipt -> fail(receipt, failure));
        release(group);
    }

    private static void fail(Receipt receipt, Throwable cause) {
        call(receipt, its -> its.failed(cause));
    }

    /** One that throws must not keep the others from being called. */
    private static void call(Receipt receipt, Consumer<Receipt> outcome) {
        try {
            outcome.accept(receipt);
        } catch (RuntimeException e) {
            LOG.error("A receipt failed", e);
        }
    }

    private void release(CommitGroup group) {
        group.clear();
        idleGroups.add(group);
        groupsFree.release();
    }

    private void failQueued() {
        for (Waiting waiting = poll(); waiting != null; waiting = poll()) {
            fail(waiting.receipt, new IllegalStateException("the service is stopping"));
        }
    }

    /** Commits what is under way, fails what still waits in the queue, and takes nothing more. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join(Duration.ofSeconds(10).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
