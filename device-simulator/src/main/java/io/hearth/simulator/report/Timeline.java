package io.hearth.simulator.report;

import java.util.Collection;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * A run second by second, for plots. Points lie on the grid of the wall clock, so that those of several processes fall
 * together; when there are too many, neighbours are joined, so a run of a day takes no more room than one of an hour.
 */
public final class Timeline {

    static final int MAX_POINTS = 600;

    /**
     * What happened between {@code epochSecond} and the next point.
     *
     * @param millis how much of that time was watched; less than all at the start and the end of a run
     */
    public record Point(
            long epochSecond,
            long millis,
            long sent,
            long acknowledged,
            long errors,
            long reconnects,
            int connected,
            Histogram latencyMicros,
            long shadowUpdates,
            Histogram shadowDeltaMicros) {

        /** Both together: of the same time if they are of two processes, of a longer one if {@code watchedInTurn}. */
        Point with(Point other, boolean watchedInTurn) {
            Histogram latency = latencyMicros.copy();
            latency.add(other.latencyMicros);
            Histogram delta = shadowDeltaMicros.copy();
            delta.add(other.shadowDeltaMicros);
            return new Point(
                    Math.min(epochSecond, other.epochSecond),
                    watchedInTurn ? millis + other.millis : Math.max(millis, other.millis),
                    sent + other.sent,
                    acknowledged + other.acknowledged,
                    errors + other.errors,
                    reconnects + other.reconnects,
                    watchedInTurn ? Math.max(connected, other.connected) : connected + other.connected,
                    latency,
                    shadowUpdates + other.shadowUpdates,
                    delta);
        }

        /** A count of this point as a rate. */
        double perSecond(long count) {
            return millis == 0 ? 0 : count * 1_000.0 / millis;
        }

        private Point at(long second) {
            return new Point(
                    second,
                    millis,
                    sent,
                    acknowledged,
                    errors,
                    reconnects,
                    connected,
                    latencyMicros,
                    shadowUpdates,
                    shadowDeltaMicros);
        }
    }

    private final TreeMap<Long, Point> points = new TreeMap<>();
    private int stepSeconds;

    public Timeline() {
        this(1);
    }

    Timeline(int stepSeconds) {
        this.stepSeconds = stepSeconds;
    }

    /** Seconds from one point to the next: a power of two. */
    public int stepSeconds() {
        return stepSeconds;
    }

    /** The points in order of time. */
    public Collection<Point> points() {
        return points.values();
    }

    /** Adds what one process saw. */
    public void add(Point point) {
        add(point, true);
    }

    private void add(Point point, boolean watchedInTurn) {
        long second = Math.floorDiv(point.epochSecond(), stepSeconds) * stepSeconds;
        points.merge(second, point.at(second), (a, b) -> a.with(b, watchedInTurn));
        if (points.size() > MAX_POINTS) {
            coarsen(2 * stepSeconds);
        }
    }

    private void coarsen(int step) {
        Collection<Point> before = new TreeMap<>(points).values();
        points.clear();
        stepSeconds = step;
        before.forEach(point -> add(point, true));
    }

    /** This one and that of another process, on the coarser of their grids. */
    Timeline mergedWith(Timeline other) {
        Timeline merged = copyAt(Math.max(stepSeconds, other.stepSeconds));
        Timeline aligned = other.copyAt(Math.max(merged.stepSeconds, other.stepSeconds));
        if (aligned.stepSeconds > merged.stepSeconds) {
            merged = copyAt(aligned.stepSeconds);
        }
        for (Point point : aligned.points()) {
            merged.add(point, false);
        }
        return merged;
    }

    private Timeline copyAt(int step) {
        Timeline copy = new Timeline(step);
        points.values().forEach(copy::add);
        return copy;
    }
}
