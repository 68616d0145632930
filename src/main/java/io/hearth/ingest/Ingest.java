package io.hearth.ingest;

import io.hearth.codec.MalformedPayloadException;
import io.hearth.concurrent.DaemonThreads;
import io.hearth.ingest.CommitGroup.TransmissionKey;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.AppendBatch;
import io.hearth.series.value.Transmission;
import io.hearth.table.Blocking;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.TableException;
import io.hearth.table.ThrottledException;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Takes in telemetry. Deliveries wait in a queue that their transports bound; one thread decodes whatever waits, groups it
 * by device and appends it, while the groups before are still being committed. So under load the groups grow by themselves.
 * Where items are paid for rather than bytes, a group may linger for a while, so that readings of a device become one run;
 * nothing of it is acknowledged before.
 */
public final class Ingest implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Ingest.class);

    /** Groups under way: one that the disk syncs, and one that gathers meanwhile. */
    private static final int GROUPS_IN_FLIGHT = 2;

    private static final int MAX_GROUP_DELIVERIES = 4096;
    private static final long MAX_GROUP_BYTES = 4 << 20;

    /** How many batches of lines are kept for the next lines, as growing a new one costs as much as decoding. */
    private static final int MAX_IDLE_BATCHES = 8;

    private static final Duration RETRY_FIRST = Duration.ofMillis(10);
    private static final Duration RETRY_MOST = Duration.ofSeconds(1);

    /** How long a sender over HTTP waits for a table that refuses, before it is told so. */
    private static final Duration HTTP_PATIENCE = Duration.ofSeconds(10);

    private final SeriesStore series;
    private final DeadLetters deadLetters;
    private final InstantSource wallClock;
    private final IngestSettings settings;
    private final IngestMetrics metrics;
    private final Admission admission;
    private final long lingerNanos;

    private record Waiting(Delivery delivery, Receipt receipt) {}

    private final Queue<Waiting> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final Semaphore groupsFree = new Semaphore(GROUPS_IN_FLIGHT);
    private final Queue<CommitGroup> idleGroups = new ConcurrentLinkedQueue<>();
    private final Set<TransmissionKey> uncommitted = ConcurrentHashMap.newKeySet();
    private final AppendOrder order = new AppendOrder();
    private final Queue<AppendBatch> idleBatches = new ArrayBlockingQueue<>(MAX_IDLE_BATCHES);
    private final Thread thread;
    private volatile @Nullable IngestTraces traces;
    private volatile boolean idle;
    private volatile boolean closed;

    public Ingest(
            SeriesStore series,
            DeadLetters deadLetters,
            InstantSource wallClock,
            IngestSettings settings,
            MeterRegistry registry) {
        this.series = series;
        this.deadLetters = deadLetters;
        this.wallClock = wallClock;
        this.settings = settings;
        this.metrics = new IngestMetrics(registry);
        this.lingerNanos = settings.linger().toNanos();
        this.admission = new Admission(series, wallClock, settings.clockAhead(), settings.retention());
        registry.gauge("hearth.ingest.queue.messages", queued);
        for (int i = 0; i < GROUPS_IN_FLIGHT; i++) {
            idleGroups.add(new CommitGroup());
        }
        thread = DaemonThreads.thread("hearth-ingest", this::run);
        thread.start();
    }

    /** Makes spans of sampled deliveries from now on. Without it nothing is asked. */
    public void traceWith(Tracer tracer) {
        traces = new IngestTraces(tracer);
    }

    /**
     * Takes a delivery of MQTT. What is in it is stored, or becomes a dead letter; {@code receipt} hears when that is
     * durable. Receipts are called in the order of the deliveries. Never blocks.
     */
    public void submit(Delivery delivery, Receipt receipt) {
        queue.add(new Waiting(delivery, receipt));
        queued.incrementAndGet();
        if (idle) {
            LockSupport.unpark(thread);
        }
        if (closed) {
            failQueued();
        }
    }

    /**
     * Stores a payload whose sender waits for the answer; what cannot be stored is told and becomes no dead letter.
     *
     * @return completes when all that could be stored is durable; fails as {@link SeriesStore#append} does
     */
    public Uni<IngestResult> ingest(DeviceId device, byte[] payload) {
        return Uni.createFrom().deferred(() -> {
            metrics.deliveries.increment();
            AppendBatch batch = new AppendBatch();
            List<Rejection> rejections;
            try {
                long ingestTimeMicros = nowMicros();
                rejections = admission
                        .admit(device, payload, ingestTimeMicros, batch)
                        .rejections();
                batch.assign(device, 0, ingestTimeMicros, null);
            } catch (MalformedPayloadException e) {
                rejections = List.of(new Rejection(0, RejectionReason.MALFORMED, String.valueOf(e.getMessage())));
            }
            return store(batch, rejections, rejections.size());
        });
    }

    Admission admission() {
        return admission;
    }

    /** An empty batch, which may have been used before. */
    AppendBatch borrowBatch() {
        AppendBatch used = idleBatches.poll();
        return used == null ? new AppendBatch() : used;
    }

    void giveBack(AppendBatch batch) {
        batch.clear();
        idleBatches.offer(batch);
    }

    /**
     * Plays a dead letter again; if all of it can be stored now, the letter is gone afterwards. What has been erased since it came
     * in is not stored. May block.
     */
    public Uni<IngestResult> replay(DeadLetter letter) {
        return Uni.createFrom().item(() -> series.besideErasures(() -> Blocking.await(replayNow(letter))));
    }

    private Uni<IngestResult> replayNow(DeadLetter letter) {
        if (!DeviceId.isValid(letter.device())) {
            Rejection still = new Rejection(0, RejectionReason.INVALID_DEVICE, Admission.invalidDevice());
            return Uni.createFrom().item(new IngestResult(0, List.of(still), 1));
        }
        if (letter.payload().length < letter.payloadBytes()) {
            Rejection still =
                    new Rejection(0, RejectionReason.TOO_LARGE, "only the first bytes of the payload were kept");
            return Uni.createFrom().item(new IngestResult(0, List.of(still), 1));
        }
        DeviceId device = new DeviceId(letter.device());
        AppendBatch batch = new AppendBatch();
        List<Rejection> rejections;
        try {
            rejections = admission
                    .admitUnerased(
                            device, MetricTopic.reading(letter.topic(), letter.payload()), letter.timeMicros(), batch)
                    .rejections();
            batch.assign(device, 0, letter.timeMicros(), null);
        } catch (MalformedPayloadException e) {
            rejections = List.of(new Rejection(0, RejectionReason.MALFORMED, String.valueOf(e.getMessage())));
        }
        return store(batch, rejections, rejections.size())
                .call(result -> result.rejectedTotal() == 0
                        ? deadLetters.remove(letter)
                        : Uni.createFrom().nullItem());
    }

    private Uni<IngestResult> store(AppendBatch batch, List<Rejection> rejections, int rejectedTotal) {
        Uni<Void> append = batch.isEmpty() ? Uni.createFrom().voidItem() : whilePatient(series.append(batch));
        return answer(append, batch, rejections, rejectedTotal);
    }

    /** @param prepare is called when the turn has come, before the batch gets its stamps; may block */
    Uni<IngestResult> store(
            AppendOrder.Turn turn, AppendBatch batch, Runnable prepare, List<Rejection> rejections, int rejectedTotal) {
        Uni<Void> append = turn.append(series, batch, prepare, Ingest::whilePatient, null);
        return answer(append, batch, rejections, rejectedTotal);
    }

    private Uni<IngestResult> answer(
            Uni<Void> append, AppendBatch batch, List<Rejection> rejections, int rejectedTotal) {
        rejections.forEach(rejection -> metrics.rejected(rejection.reason()));
        IngestResult result = new IngestResult(batch.size(), rejections, rejectedTotal);
        return append.invoke(() -> metrics.stored.increment(result.stored())).replaceWith(result);
    }

    private static Uni<Void> whilePatient(Uni<Void> append) {
        return append.onFailure(Ingest::isTransient)
                .retry()
                .withBackOff(RETRY_FIRST, RETRY_MOST)
                .expireIn(HTTP_PATIENCE.toMillis());
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
                if (mayDoubleOneUnderWay(next)) {
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

    private boolean mayDoubleOneUnderWay(Waiting waiting) {
        Origin origin = waiting.delivery.origin();
        return origin != null
                && origin.redelivered()
                && uncommitted.contains(new TransmissionKey(hash(origin.clientId()), origin.packetId()));
    }

    /** Decodes a delivery into a group. Whatever goes wrong concerns this delivery only. */
    private void admit(Waiting waiting, CommitGroup group) {
        Delivery delivery = waiting.delivery;
        metrics.deliveries.increment();
        int first = group.batch.size();
        while (true) {
            try {
                decode(delivery, group);
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
                LockSupport.parkNanos(this, RETRY_MOST.toNanos());
            } catch (RuntimeException e) {
                // Trying again would not help, and everything behind it would wait.
                group.batch.points().truncate(first);
                buryUnhandled(delivery, waiting.receipt, e, group);
                return;
            }
        }
    }

    private void buryUnhandled(Delivery delivery, Receipt receipt, RuntimeException e, CommitGroup group) {
        LOG.error("A payload could not be handled and becomes a dead letter", e);
        bury(delivery, delivery.payload(), RejectionReason.INTERNAL, "the service failed to handle it", group);
        group.receipts.add(receipt);
    }

    private void decode(Delivery delivery, CommitGroup group) {
        byte[] payload = delivery.payload();
        if (delivery.payloadBytes() > settings.maxPayloadBytes()) {
            String detail =
                    "the payload has " + delivery.payloadBytes() + " bytes, of at most " + settings.maxPayloadBytes();
            bury(delivery, payload, RejectionReason.TOO_LARGE, detail, group);
            return;
        }
        if (!DeviceId.isValid(delivery.device())) {
            bury(delivery, payload, RejectionReason.INVALID_DEVICE, Admission.invalidDevice(), group);
            return;
        }
        DeviceId device = new DeviceId(delivery.device());
        int first = group.batch.size();
        byte[] reading;
        Admission.Admitted admitted;
        try {
            reading = MetricTopic.reading(delivery.topic(), payload);
            // What a topic names is one value, whatever it is made of: it is stored as a whole or not at all.
            admitted = reading == payload
                    ? admission.admitMost(device, reading, delivery.ingestTimeMicros(), group.batch)
                    : admission.admit(device, reading, delivery.ingestTimeMicros(), group.batch);
        } catch (MalformedPayloadException e) {
            bury(delivery, payload, RejectionReason.MALFORMED, String.valueOf(e.getMessage()), group);
            return;
        }
        Transmission transmission = null;
        Origin origin = delivery.origin();
        if (origin != null) {
            transmission =
                    new Transmission(hash(origin.clientId()), origin.packetId(), hash(reading), admitted.timeless());
            // A reading with a time of its own overwrites itself when it comes again.
            if (origin.redelivered() && admitted.timeless() && isStored(device, transmission)) {
                metrics.duplicates.increment();
                group.batch.points().truncate(first);
                // It may not have been durable when the delivery came first: rather twice than never. This delivery's
                // time is not the one under which the rest is stored.
                buryRejected(delivery, reading, admitted.withWholeReadings(), group);
                return;
            }
            if (admitted.timeless()) {
                TransmissionKey key = new TransmissionKey(transmission.clientHash(), transmission.packetId());
                uncommitted.add(key);
                group.transmissions.add(key);
            }
        }
        buryRejected(delivery, reading, admitted, group);
        group.batch.assign(device, first, delivery.ingestTimeMicros(), transmission);
    }

    /** Makes a dead letter of what is not stored of a delivery, if there is anything. */
    private void buryRejected(Delivery delivery, byte[] reading, Admission.Admitted admitted, CommitGroup group) {
        List<Rejection> rejections = admitted.rejections();
        if (rejections.isEmpty()) {
            return;
        }
        Rejection one = rejections.get(0);
        String detail = rejections.size() == 1
                ? one.detail()
                : one.detail() + " (and " + (rejections.size() - 1) + " more readings of this payload)";
        byte[] payload = delivery.payload();
        // What was published, not what was made of it.
        byte[] rejected = reading == payload ? admission.rejectedOf(payload, admitted) : payload;
        bury(delivery, rejected, one.reason(), detail, group);
    }

    private boolean isStored(DeviceId device, Transmission transmission) {
        return series.isStored(
                device, transmission, nowMicros() - settings.redeliveryWindow().toMillis() * 1000);
    }

    private void bury(Delivery delivery, byte[] payload, RejectionReason reason, String detail, CommitGroup group) {
        group.deadLetters.add(deadLetters.letter(delivery, payload, reason, detail));
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
        return write.onFailure(failure -> isTransient(failure) && !closed)
                .invoke(failure ->
                        LOG.warnf("The table refused a commit, which is tried again: %s", failure.getMessage()))
                .onFailure(failure -> isTransient(failure) && !closed)
                .retry()
                .withBackOff(RETRY_FIRST, RETRY_MOST)
                .until(failure -> isTransient(failure) && !closed);
    }

    private static boolean isTransient(Throwable failure) {
        return failure instanceof ThrottledException || failure instanceof OutcomeUnknownException;
    }

    private void settled(CommitGroup group) {
        IngestTraces.committed(group.spans, null);
        metrics.stored.increment(group.batch.size());
        group.deadLetters.forEach(letter -> metrics.deadLetter(letter.reason()));
        // Before the receipts: a client that hears of it may use the packet id again at once.
        group.transmissions.forEach(uncommitted::remove);
        group.receipts.forEach(receipt -> call(receipt, Receipt::settled));
        release(group);
    }

    private void failed(CommitGroup group, Throwable failure) {
        if (!closed) {
            LOG.errorf(failure, "A group of %d messages could not be committed", group.receipts.size());
        }
        IngestTraces.committed(group.spans, failure);
        group.transmissions.forEach(uncommitted::remove);
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

    long nowMicros() {
        return EpochMicros.of(wallClock.instant());
    }

    /** FNV-1a, 64 bits: client ids are short, and the table keeps the hash, so it must never change. */
    private static long hash(String text) {
        long hash = 0xcbf29ce484222325L;
        for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ octet & 0xFF) * 0x100000001b3L;
        }
        return hash;
    }

    private static int hash(byte[] payload) {
        CRC32C crc = new CRC32C();
        crc.update(payload);
        return (int) crc.getValue();
    }
}
