package io.hearth.simulator.scenario;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Something that happens to the fleet once. */
public sealed interface FleetEvent {

    /** Since the start of the run. */
    Duration at();

    /** The devices concerned; null for all. */
    @Nullable
    String group();

    /** Every device sends so many messages at once, besides what it sends anyway. */
    record Burst(Duration at, @Nullable String group, int messages) implements FleetEvent {}

    /**
     * Connections are cut without a word and made again.
     *
     * @param share of the connections
     * @param away how long they stay away
     * @param spread the returns are spread evenly over this; zero for all at once
     */
    record ReconnectStorm(Duration at, @Nullable String group, double share, Duration away, Duration spread)
            implements FleetEvent {}
}
