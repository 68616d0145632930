package io.hearth.simulator.report;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/** Counters of shadow traffic while it runs. Written by the publishing thread, read by the progress display. */
public final class ShadowStats {

    private final LongAdder desired = new LongAdder();
    private final LongAdder reported = new LongAdder();
    private final LongAdder accepted = new LongAdder();
    private final LongAdder deltas = new LongAdder();
    private final Map<String, Long> rejected = new TreeMap<>();
    private final Recorder delta = new Recorder(Latencies.MAX_MICROS, Latencies.DIGITS);
    private final Recorder answer = new Recorder(Latencies.MAX_MICROS, Latencies.DIGITS);
    private final Histogram totalDelta = Latencies.empty();
    private final Histogram totalAnswer = Latencies.empty();
    private volatile boolean used;
    private volatile long lastNanos = System.nanoTime();

    /** An app asked for something. */
    public void desiredSent() {
        used = true;
        desired.increment();
    }

    /** A device said what it is now. */
    public void reportedSent() {
        used = true;
        reported.increment();
    }

    /** An update of an app or a device was accepted; both count from when it was meant to be sent. */
    public void accepted(long intendedNanos, long nowNanos) {
        accepted.increment();
        lastNanos = nowNanos;
        answer.recordValue(micros(intendedNanos, nowNanos));
    }

    /** What an app asked for reached the device. */
    public void deltaArrived(long intendedNanos, long nowNanos) {
        deltas.increment();
        lastNanos = nowNanos;
        delta.recordValue(micros(intendedNanos, nowNanos));
    }

    /** An update was refused; {@code reason} is the answer's code and message. */
    public synchronized void rejected(String reason) {
        rejected.merge(rejected.size() < 50 ? reason : "other", 1L, Long::sum);
    }

    private static long micros(long intendedNanos, long nowNanos) {
        return Math.min(Latencies.MAX_MICROS, Math.max(0, (nowNanos - intendedNanos) / 1_000));
    }

    /** When the last answer or delta came, {@link System#nanoTime()}; nothing of meaning before that. */
    long lastNanos() {
        return lastNanos;
    }

    public boolean used() {
        return used;
    }

    /** Updates accepted so far, of apps and devices. */
    public long accepted() {
        return accepted.sum();
    }

    /** Times from an app's write to the device's delta since the last call, in microseconds. */
    synchronized Histogram takeIntervalDeltas() {
        Histogram interval = delta.getIntervalHistogram();
        totalDelta.add(interval);
        totalAnswer.add(answer.getIntervalHistogram());
        return interval;
    }

    /** All of it so far. */
    public synchronized ShadowResult result() {
        takeIntervalDeltas();
        return new ShadowResult(
                desired.sum(),
                reported.sum(),
                accepted.sum(),
                deltas.sum(),
                new TreeMap<>(rejected),
                totalDelta.copy(),
                totalAnswer.copy());
    }
}
