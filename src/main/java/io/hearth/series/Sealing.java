package io.hearth.series;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/** Sealing with metrics of what it does, for whoever starts it; safe for several threads, which take turns device by device. */
public final class Sealing {
    private final SeriesStore series;
    private final Counter readings;
    private final Counter bytesBefore;
    private final Counter bytesAfter;
    private final Timer time;

    public Sealing(SeriesStore series, MeterRegistry registry) {
        this.series = series;
        readings = Counter.builder("hearth.series.sealed.readings")
                .description("Readings that were merged into chunks, those of chunks that were made anew included")
                .register(registry);
        bytesBefore = bytes(registry, "before");
        bytesAfter = bytes(registry, "after");
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

    /** As {@link SeriesStore#seal}. */
    public SealResult run(long endedBeforeMicros, LongConsumer pause) {
        SealResult result = series.seal(endedBeforeMicros, nanos -> {
            time.record(nanos, TimeUnit.NANOSECONDS);
            pause.accept(nanos);
        });
        readings.increment(result.readings());
        bytesBefore.increment(result.bytesBefore());
        bytesAfter.increment(result.bytesAfter());
        return result;
    }
}
