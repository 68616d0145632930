package io.hearth.rest.http;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** Gives the latency of HTTP requests buckets, so that percentiles can be taken over instances; few, as there are many paths. */
@Singleton
class HttpMetrics {
    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    /** What requests may be answered that no route has matched: their path is what the caller wrote. */
    private static final Set<String> WITHOUT_ROUTE = Set.of("400", "401", "403", "404", "405", "501");

    private final Set<String> served = ConcurrentHashMap.newKeySet();

    private static final double[] BUCKETS_NANOS = Stream.of(5, 25, 100, 500, 2_000, 5_000, 15_000)
            .mapToDouble(millis -> Duration.ofMillis(millis).toNanos())
            .toArray();

    @Produces
    @Singleton
    MeterFilter buckets() {
        return new MeterFilter() {
            @Override
            public Meter.Id map(Meter.Id id) {
                return id.getName().startsWith("http.server.") ? bounded(id) : id;
            }

            @Override
            public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
                return id.getName().equals("http.server.requests")
                        ? DistributionStatisticConfig.builder()
                                .serviceLevelObjectives(BUCKETS_NANOS)
                                .build()
                                .merge(config)
                        : config;
            }
        };
    }

    /**
     * The same with one name for all methods and paths that a caller may invent: each would otherwise be a series for ever, and what
     * the library allows would be used up by strangers. A path is known once a request to it was answered well.
     */
    Meter.Id bounded(Meter.Id id) {
        String uri = String.valueOf(id.getTag("uri"));
        String status = String.valueOf(id.getTag("status"));
        boolean knownMethod = METHODS.contains(String.valueOf(id.getTag("method")));
        if (knownMethod && !WITHOUT_ROUTE.contains(status)) {
            served.add(uri);
        }
        boolean invented = !knownMethod || !served.contains(uri) && !uri.contains("{");
        List<Tag> tags = new ArrayList<>();
        for (Tag tag : id.getTags()) {
            tags.add(
                    switch (tag.getKey()) {
                        case "method" -> knownMethod ? tag : Tag.of("method", "OTHER");
                        case "uri" -> invented ? Tag.of("uri", "UNKNOWN") : tag;
                        default -> tag;
                    });
        }
        return id.replaceTags(tags);
    }
}
