package io.hearth.series;

import io.hearth.series.value.SealResult;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/** Sealing with metrics of what it does, for whoever starts it; safe for several threads, which take turns device by device. */
public final class Sealing {
    private final SeriesStore series;
    private final LongSupplier settledMillis;
    private final Counter readings;
    private final Counter bytesBefore;
    private final Counter bytesAfter;
    private final Timer time;
    private final AtomicLong unsealed = new AtomicLong();

    /**
     * @param settledMillis every write with an earlier stamp is here, of other regions, too, as epoch milliseconds: only such
     *     writes are sealed; 0 if that is not known yet, so that nothing is
     */
    public Sealing(SeriesStore series, LongSupplier settledMillis, MeterRegistry registry) {
        this.series = series;
        this.settledMillis = settledMillis;
        readings = Counter.builder("hearth.series.sealed.readings")
                .description("Readings that were merged into chunks, those of chunks that were made anew included")
                .register(registry);
        bytesBefore = bytes(registry, "before");
        bytesAfter = bytes(registry, "after");
        Gauge.builder("hearth.series.seal.unsealed", unsealed, AtomicLong::get)
                .description("Windows that could not be sealed when that was last tried; the log names them")
                .register(registry);
        time = Timer.builder("hearth.series.seal")
                .description("How long a look through the windows of one device took, and sealing those that had ended")
                .register(registry);
    }

    private static Counter bytes(MeterRegistry registry, String state) {
        return Counter.builder("hearth.series.sealed")
                .baseUnit("bytes")
                .tag("state", state)
                .description("Bodies of what was sealed, before, and of the chunks that it became, after")
                .register(registry);
    }

    /** As {@link SeriesStore#seal}, of what is settled. */
    public SealResult run(long endedBeforeMicros, LongConsumer pause) {
        long settled = settledMillis.getAsLong();
        if (settled <= 0) {
            return SealResult.NOTHING;
        }
        // Windows that began later are not even looked at: while a peer is away, they are many.
        long endedBefore = settled > endedBeforeMicros / 1000 ? endedBeforeMicros : settled * 1000;
        SealResult result = series.seal(endedBefore, settled, nanos -> {
            time.record(nanos, TimeUnit.NANOSECONDS);
            pause.accept(nanos);
        });
        unsealed.set(result.unsealedTotal());
        readings.increment((double) result.readings());
        bytesBefore.increment((double) result.bytesBefore());
        bytesAfter.increment((double) result.bytesAfter());
        return result;
    }
}
