package io.hearth.simulator.cli;

import io.hearth.simulator.chaos.ChaosPlan;
import io.hearth.simulator.publish.DeliveryRecorder;
import io.hearth.simulator.publish.Devices;
import io.hearth.simulator.publish.PublishFailedException;
import io.hearth.simulator.publish.StopSignal;
import io.hearth.simulator.report.Limits;
import io.hearth.simulator.report.RunPlan;
import io.hearth.simulator.report.RunSetup;
import io.hearth.simulator.report.RunStats;
import org.jspecify.annotations.Nullable;

/**
 * What is going to be run, of options or of a scenario.
 *
 * @param name the scenario's; null for a run of options
 * @param setup what the report says about it
 * @param acknowledged whether acknowledgements are to be expected
 */
record Simulation(
        @Nullable String name,
        RunSetup setup,
        Devices devices,
        Body body,
        RunPlan plan,
        boolean acknowledged,
        Limits limits,
        @Nullable ChaosPlan chaos) {

    /** Publishes until all is done. */
    interface Body {
        void publish(DeliveryRecorder recorder, RunStats stats, StopSignal stop)
                throws PublishFailedException, InterruptedException;
    }
}
