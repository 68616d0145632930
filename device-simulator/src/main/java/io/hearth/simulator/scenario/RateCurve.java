package io.hearth.simulator.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * When the messages of a group of devices are due, at a rate that changes: message {@code k} at the instant at which the
 * area under the curve reaches {@code k}. That depends on nothing that happens during the run, so it is an open loop. For
 * one thread, as it remembers where it was.
 */
public final class RateCurve {

    private record Segment(double start, double length, double rate, double endRate, double countBefore) {
        double count() {
            return (rate + endRate) / 2 * length;
        }

        /** Where in the segment the area since its start is {@code count}. */
        double at(double count) {
            double slope = (endRate - rate) / length;
            double root = Math.sqrt(Math.max(0, rate * rate + 2 * slope * count));
            return rate + root <= 0 ? 0 : Math.min(length, 2 * count / (rate + root));
        }
    }

    private final List<Segment> segments = new ArrayList<>();
    private final double total;
    private int current;

    /**
     * @param phases one after the other from 0 on
     * @param perSecond messages/s of the group at a load of 1
     * @param fleetPerSecond the same of the whole fleet
     * @param daily factor by seconds of the run
     */
    RateCurve(List<Phase> phases, double perSecond, double fleetPerSecond, DoubleUnaryOperator daily) {
        double start = 0;
        double count = 0;
        for (Phase phase : phases) {
            double seconds = phase.duration().toNanos() / 1e9;
            // Fine enough that straight lines between the points pass for the curve.
            int parts = (int) Math.max(1, Math.min(500, Math.ceil(seconds / 0.1)));
            for (int i = 0; i < parts; i++) {
                double from = start + seconds * i / parts;
                double length = seconds / parts;
                Segment segment = new Segment(
                        from,
                        length,
                        perSecond * phase.factor((double) i / parts, fleetPerSecond) * daily.applyAsDouble(from),
                        perSecond
                                * phase.factor((i + 1.0) / parts, fleetPerSecond)
                                * daily.applyAsDouble(from + length),
                        count);
                segments.add(segment);
                count += segment.count();
            }
            start += seconds;
        }
        total = count;
    }

    /** Messages of the whole run. */
    public long total() {
        return (long) Math.ceil(total - 1e-6);
    }

    /** Nanoseconds from the run's start until message {@code k} is due. */
    public long dueNanos(long k) {
        while (current + 1 < segments.size()
                && segments.get(current).countBefore() + segments.get(current).count() <= k) {
            current++;
        }
        while (current > 0 && segments.get(current).countBefore() > k) {
            current--;
        }
        Segment segment = segments.get(current);
        return (long) ((segment.start() + segment.at(k - segment.countBefore())) * 1e9);
    }
}
