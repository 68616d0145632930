package io.hearth.simulator.scenario;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * How busy a device is through a day. Between two points the factor goes in a straight line, over midnight, too.
 *
 * @param day how long a day takes in the run; shorter than a real one to see all of it
 * @param startsAtHour hour of the day at which the run starts
 * @param points factor by hour of the day, at least one
 */
public record DailyCurve(Duration day, double startsAtHour, TreeMap<Double, Double> points) {

    public DailyCurve {
        points = new TreeMap<>(points);
        if (points.isEmpty()) {
            throw new IllegalArgumentException("a daily curve needs a point");
        }
    }

    /** The factor at so many seconds of the run. */
    double factor(double seconds) {
        double hours = startsAtHour + 24 * seconds / (day.toNanos() / 1e9);
        double hour = hours - 24 * Math.floor(hours / 24);
        Map.Entry<Double, Double> before = points.floorEntry(hour);
        Map.Entry<Double, Double> after = points.ceilingEntry(hour);
        double beforeHour = before != null ? before.getKey() : points.lastKey() - 24;
        double beforeFactor =
                before != null ? before.getValue() : points.lastEntry().getValue();
        double afterHour = after != null ? after.getKey() : points.firstKey() + 24;
        double afterFactor =
                after != null ? after.getValue() : points.firstEntry().getValue();
        double span = afterHour - beforeHour;
        return span <= 0 ? beforeFactor : beforeFactor + (afterFactor - beforeFactor) * (hour - beforeHour) / span;
    }
}
