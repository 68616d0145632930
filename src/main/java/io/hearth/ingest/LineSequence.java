package io.hearth.ingest;

import io.hearth.codec.LineReader;
import io.hearth.model.PointBuffer;
import io.hearth.series.value.AppendBatch;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A stream of lines, cut into pieces that are decoded and stored side by side. What is stored in the end is as if they had been
 * stored one after the other: of two lines with the same device, time and metric the later one counts, and lines of a device
 * without a time get ascending ones.
 */
public final class LineSequence {
    private final Ingest ingest;
    private final AppendOrder order = new AppendOrder();

    /** Begins a stream of lines, each a reading of any device. */
    public LineSequence(Ingest ingest) {
        this.ingest = ingest;
    }

    /**
     * Stores the next lines, each a reading of any device. Must be called in the order of the lines, and each answer be
     * subscribed to, once, on a thread that may block; those behind wait for it.
     *
     * @param source opens the lines for reading into a buffer, when somebody subscribes
     * @param mostRejections how many rejections to list; all are counted
     * @return completes when the lines, and those before them, are durable or rejected; rejections are numbered by line, as the
     *     reader numbers them. Fails as {@link io.hearth.series.SeriesStore#append} does
     */
    public Uni<IngestResult> next(Function<PointBuffer, LineReader> source, int mostRejections) {
        AppendOrder.Turn turn = order.next();
        long arrivalMicros = ingest.nowMicros();
        return Uni.createFrom().deferred(() -> {
            AppendBatch batch = ingest.borrowBatch();
            List<Rejection> rejections = new ArrayList<>();
            int[] rejected = {0};
            boolean timeless;
            try {
                timeless = ingest.admission()
                        .admitLines(source.apply(batch.points()), arrivalMicros, batch, rejection -> {
                            if (rejected[0]++ < mostRejections) {
                                rejections.add(rejection);
                            }
                        });
            } catch (RuntimeException e) {
                turn.skip();
                throw e;
            }
            Runnable setTimes = timeless ? () -> ingest.admission().setMissingTimes(batch, arrivalMicros) : () -> {};
            return ingest.store(turn, batch, setTimes, rejections, rejected[0])
                    // Only after success: a batch that failed may still be on its way to the disk.
                    .invoke(() -> ingest.giveBack(batch));
        });
    }
}
