package io.hearth.simulator.fleet;

import java.util.ArrayList;
import java.util.List;

/** The metrics of one kind of device, in payload order. A reading is one {@code long} per metric. */
public record Shape(List<Metric> metrics) {

    public Shape {
        metrics = List.copyOf(metrics);
    }

    /** Number of values in a reading. */
    public int size() {
        return metrics.size();
    }

    /** This shape with one more metric at its end. */
    public Shape with(Metric metric) {
        List<Metric> more = new ArrayList<>(metrics);
        more.add(metric);
        return new Shape(more);
    }

    /** Where the metric of this name is, or -1. */
    public int indexOf(String name) {
        for (int i = 0; i < metrics.size(); i++) {
            if (metrics.get(i).name().equals(name)) {
                return i;
            }
        }
        return -1;
    }
}
