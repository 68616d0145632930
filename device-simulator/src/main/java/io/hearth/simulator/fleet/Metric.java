package io.hearth.simulator.fleet;

import java.util.Objects;

/** A named quantity of a device, as it stands in the payload. */
public record Metric(String name, MetricKind kind) {

    public Metric {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(kind, "kind");
    }

    /** The JSON value that {@code held} stands for: a {@link Double} or a {@link Boolean}. */
    public Object value(long held) {
        return switch (kind) {
            // Dividing two exact integers rounds once, so this is the very double that a parser makes of "21.5".
            case TENTHS -> held / 10.0;
            case INTEGER -> (double) held;
            case FLAG -> held != 0;
        };
    }
}
