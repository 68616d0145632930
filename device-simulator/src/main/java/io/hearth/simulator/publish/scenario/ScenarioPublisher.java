package io.hearth.simulator.publish.scenario;

import io.hearth.simulator.publish.DeliveryRecorder;
import io.hearth.simulator.publish.PublishFailedException;
import io.hearth.simulator.publish.PublishSettings;
import io.hearth.simulator.publish.StopSignal;
import io.hearth.simulator.publish.raw.ConnectionLoop;
import io.hearth.simulator.report.RunStats;
import io.hearth.simulator.scenario.Scenario;
import java.io.IOException;

/** Plays a {@link Scenario} against an MQTT endpoint, with our own client: MQTT 3.1.1, one thread. */
public final class ScenarioPublisher {

    private final PublishSettings settings;

    public ScenarioPublisher(PublishSettings settings) {
        this.settings = settings;
    }

    /**
     * Connects, plays all phases, waits for what is outstanding, and returns. Whatever happens, each message sent is then
     * in the recorder, as acknowledged or as uncertain.
     *
     * @throws PublishFailedException could not connect at the start, or refused
     */
    public void publish(ScenarioWorkload workload, DeliveryRecorder recorder, RunStats stats, StopSignal stop)
            throws PublishFailedException, InterruptedException {
        try (ConnectionLoop loop = new ConnectionLoop(settings)) {
            new ScenarioRun(settings, workload, recorder, stats, stop, loop).run();
        } catch (IOException e) {
            throw new PublishFailedException("cannot use the network: " + e.getMessage());
        }
    }
}
