package io.hearth.simulator.report;

/** Shows how a run is going. */
public interface ProgressView {

    /** About once a second; {@code point} is what happened since the last time. */
    void update(Timeline.Point point, long nowNanos);

    /** The run is over; what is printed next begins on a line of its own. */
    void finish();
}
