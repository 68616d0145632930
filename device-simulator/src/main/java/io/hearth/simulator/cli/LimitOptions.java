package io.hearth.simulator.cli;

import io.hearth.simulator.report.Limits;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a run must keep to pass. */
final class LimitOptions {

    @Option(names = "--max-p50", description = "fail if half of the acknowledgements took longer")
    private @Nullable Duration maxP50;

    @Option(names = "--max-p99", description = "fail if 1 %% of the acknowledgements took longer")
    private @Nullable Duration maxP99;

    @Option(names = "--max-p999", description = "fail if 0.1 %% of the acknowledgements took longer")
    private @Nullable Duration maxP999;

    @Option(names = "--max-latency", description = "fail if any acknowledgement took longer")
    private @Nullable Duration maxLatency;

    @Option(names = "--max-connect-p99", description = "fail if 1 %% of the connections took longer to be made")
    private @Nullable Duration maxConnectP99;

    @Option(names = "--max-shadow-p50", description = "fail if half of the apps' writes took longer to reach a device")
    private @Nullable Duration maxShadowP50;

    @Option(names = "--max-shadow-p99", description = "fail if 1 %% of the apps' writes took longer to reach a device")
    private @Nullable Duration maxShadowP99;

    @Option(names = "--min-rate", description = "fail below so many acknowledged messages/s")
    private @Nullable Double minRate;

    @Option(names = "--min-shadow-rate", description = "fail below so many accepted shadow updates/s")
    private @Nullable Double minShadowRate;

    @Option(
            names = "--min-lost-connections",
            description = "fail if fewer connections were lost since the first chaos command (default: 1 with chaos)")
    private @Nullable Long minLostConnections;

    @Option(names = "--max-errors", description = "fail at more errors of all kinds")
    private @Nullable Long maxErrors;

    @Option(names = "--max-reconnects", description = "fail at more reconnects")
    private @Nullable Long maxReconnects;

    @Option(names = "--max-unacknowledged", description = "fail at more messages without acknowledgement (default: 0)")
    private @Nullable Long maxUnacknowledged;

    @Option(names = "--max-unsent", description = "fail at more messages that were due and not sent (default: 0)")
    private @Nullable Long maxUnsent;

    Limits limits() {
        Limits limits = new Limits();
        limits.set(Limits.Kind.MAX_P50, maxP50);
        limits.set(Limits.Kind.MAX_P99, maxP99);
        limits.set(Limits.Kind.MAX_P999, maxP999);
        limits.set(Limits.Kind.MAX_LATENCY, maxLatency);
        limits.set(Limits.Kind.MAX_CONNECT_P99, maxConnectP99);
        limits.set(Limits.Kind.MAX_SHADOW_P50, maxShadowP50);
        limits.set(Limits.Kind.MAX_SHADOW_P99, maxShadowP99);
        set(limits, Limits.Kind.MIN_RATE, minRate);
        set(limits, Limits.Kind.MIN_SHADOW_RATE, minShadowRate);
        set(limits, Limits.Kind.MIN_LOST_CONNECTIONS, minLostConnections);
        set(limits, Limits.Kind.MAX_ERRORS, maxErrors);
        set(limits, Limits.Kind.MAX_RECONNECTS, maxReconnects);
        set(limits, Limits.Kind.MAX_UNACKNOWLEDGED, maxUnacknowledged);
        set(limits, Limits.Kind.MAX_UNSENT, maxUnsent);
        return limits;
    }

    private static void set(Limits limits, Limits.Kind kind, @Nullable Number limit) {
        if (limit != null) {
            if (limit.doubleValue() < 0) {
                throw new IllegalArgumentException("--" + kind.key() + " must not be below 0");
            }
            limits.set(kind, limit.doubleValue());
        }
    }
}
