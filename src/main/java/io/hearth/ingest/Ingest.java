package io.hearth.ingest;

import io.hearth.codec.MalformedPayloadException;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.AppendBatch;
import io.hearth.table.Blocking;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import io.smallrye.mutiny.Uni;
import java.time.InstantSource;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Takes in telemetry: what devices publish, which is committed in {@linkplain GroupCommit groups}; payloads and lines whose sender waits
 * for an answer; and dead letters once more.
 */
public final class Ingest implements AutoCloseable {
    /** How many batches of lines are kept for the next lines, as growing a new one costs as much as decoding. */
    private static final int MAX_IDLE_BATCHES = 8;

    private final SeriesStore series;
    private final DeadLetters deadLetters;
    private final InstantSource wallClock;
    private final IngestMetrics metrics;
    private final Admission admission;
    private final GroupCommit commits;
    private final Queue<AppendBatch> idleBatches = new ArrayBlockingQueue<>(MAX_IDLE_BATCHES);

    public Ingest(
            SeriesStore series,
            DeadLetters deadLetters,
            InstantSource wallClock,
            IngestSettings settings,
            MeterRegistry registry) {
        this.series = series;
        this.deadLetters = deadLetters;
        this.wallClock = wallClock;
        this.metrics = new IngestMetrics(registry);
        this.admission = new Admission(series, wallClock, settings.clockAhead(), settings.retention());
        Redeliveries redeliveries = new Redeliveries(series, wallClock, settings.redeliveryWindow());
        DeliveryDecoder decoder =
                new DeliveryDecoder(admission, deadLetters, redeliveries, settings.maxPayloadBytes(), metrics);
        this.commits = new GroupCommit(series, deadLetters, decoder, redeliveries, settings.linger(), metrics);
    }

    /** Makes spans of sampled deliveries from now on. Without it nothing is asked. */
    public void traceWith(Tracer tracer) {
        commits.traceWith(tracer);
    }

    /**
     * Takes a delivery of MQTT. What is in it is stored, or becomes a dead letter; {@code receipt} hears when that is
     * durable. Receipts are called in the order of the deliveries. Never blocks.
     */
    public void submit(Delivery delivery, Receipt receipt) {
        commits.submit(delivery, receipt);
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
        Uni<Void> append =
                batch.isEmpty() ? Uni.createFrom().voidItem() : WriteRetries.whilePatient(series.append(batch));
        return answer(append, batch, rejections, rejectedTotal);
    }

    /** @param prepare is called when the turn has come, before the batch gets its stamps; may block */
    Uni<IngestResult> store(
            AppendOrder.Turn turn, AppendBatch batch, Runnable prepare, List<Rejection> rejections, int rejectedTotal) {
        Uni<Void> append = turn.append(series, batch, prepare, WriteRetries::whilePatient, null);
        return answer(append, batch, rejections, rejectedTotal);
    }

    private Uni<IngestResult> answer(
            Uni<Void> append, AppendBatch batch, List<Rejection> rejections, int rejectedTotal) {
        rejections.forEach(rejection -> metrics.rejected(rejection.reason()));
        IngestResult result = new IngestResult(batch.size(), rejections, rejectedTotal);
        return append.invoke(() -> metrics.stored.increment(result.stored())).replaceWith(result);
    }

    /** Commits what is under way, fails what still waits in the queue, and takes nothing more. */
    @Override
    public void close() {
        commits.close();
    }

    long nowMicros() {
        return EpochMicros.of(wallClock.instant());
    }
}
