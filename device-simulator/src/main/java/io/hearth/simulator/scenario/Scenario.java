package io.hearth.simulator.scenario;

import io.hearth.simulator.chaos.ChaosPlan;
import io.hearth.simulator.report.Limits;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A whole scenario, as {@link ScenarioReader} makes it of a file. */
public record Scenario(
        String name,
        long seed,
        int qos,
        int window,
        boolean status,
        List<Phase> phases,
        List<DeviceGroup> fleet,
        List<FleetEvent> events,
        List<BadClients> badClients,
        List<ShadowTraffic> shadows,
        @Nullable ChaosPlan chaos,
        Limits limits) {

    public Scenario {
        phases = List.copyOf(phases);
        fleet = List.copyOf(fleet);
        events = List.copyOf(events);
        badClients = List.copyOf(badClients);
        shadows = List.copyOf(shadows);
    }

    /** Length of the schedule. */
    public Duration duration() {
        return phases.stream().map(Phase::duration).reduce(Duration.ZERO, Duration::plus);
    }

    /** MQTT connections when all are up, without those of clients that misbehave. */
    public int connections() {
        return fleet.stream().mapToInt(DeviceGroup::connections).sum()
                + shadows.stream().mapToInt(ShadowTraffic::apps).sum();
    }

    /** Messages/s that the intervals make at a load of 1. */
    private double fleetPerSecond() {
        return fleet.stream().mapToDouble(DeviceGroup::perSecond).sum();
    }

    /** When the messages of a group are due. */
    public RateCurve telemetryCurve(DeviceGroup group) {
        DailyCurve daily = group.dailyCurve();
        return new RateCurve(phases, group.perSecond(), fleetPerSecond(), daily == null ? seconds -> 1 : daily::factor);
    }

    /** When the desired updates of apps are due. */
    public RateCurve shadowCurve(ShadowTraffic traffic) {
        return new RateCurve(phases, traffic.perSecond(), fleetPerSecond(), seconds -> 1);
    }
}
