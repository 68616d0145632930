package io.hearth.live;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** Shows the live stream as metrics. */
public final class LiveMetrics {
    private LiveMetrics() {}

    public static void watch(LiveFeed feed, MeterRegistry registry) {
        Gauge.builder("hearth.stream.waiting.bytes", feed, LiveFeed::waitingBytes)
                .description("What waits for clients of the live stream to take it")
                .register(registry);
        FunctionCounter.builder("hearth.stream.cut", feed, LiveFeed::cut)
                .description("Clients of the live stream that were cut as they read too slowly")
                .register(registry);
        Gauge.builder("hearth.stream.clients", feed, LiveFeed::listeners)
                .description("Clients that follow the live stream")
                .register(registry);
        FunctionCounter.builder("hearth.stream.events", feed, LiveFeed::told)
                .description("Events sent to clients of the live stream")
                .register(registry);
        FunctionCounter.builder("hearth.stream.missed", feed, LiveFeed::missed)
                .description("Times that a client of the live stream was told that it missed changes")
                .register(registry);
    }
}
