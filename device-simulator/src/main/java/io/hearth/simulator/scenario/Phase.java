package io.hearth.simulator.scenario;

import java.time.Duration;

/**
 * A stretch of a run with a load of its own, which may rise or fall evenly.
 *
 * @param from at its start: a multiple of what the fleet's intervals make, or messages/s
 * @param to at its end
 * @param absolute whether {@code from} and {@code to} are messages/s of the whole fleet
 */
public record Phase(String name, Duration duration, double from, double to, boolean absolute) {

    /** The load at a share of the phase, as a multiple of what the intervals make. */
    double factor(double share, double fleetPerSecond) {
        double load = from + (to - from) * share;
        return absolute ? fleetPerSecond > 0 ? load / fleetPerSecond : 0 : load;
    }
}
