package io.hearth.simulator.report;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/** Counters of a running simulation. Written by the publishing threads, read by the progress display. */
public final class RunStats {

    /** Longer waits count as this long: an hour. */
    private static final long MAX_LATENCY_MICROS = 3_600_000_000L;

    /** Different reasons kept apart; with thousands of connections an error text may differ each time. */
    private static final int MAX_ERROR_KINDS = 50;

    private final LongAdder sent = new LongAdder();
    private final LongAdder acknowledged = new LongAdder();
    private final LongAdder resent = new LongAdder();
    private final LongAdder reconnects = new LongAdder();
    private final AtomicInteger connected = new AtomicInteger();
    private final Recorder latencies = new Recorder(MAX_LATENCY_MICROS, 3);
    private final Histogram total = new Histogram(MAX_LATENCY_MICROS, 3);
    private final Map<String, Long> errors = new TreeMap<>();
    private volatile long startNanos;
    private volatile long lastNanos;
    private volatile long unsent;

    /** The schedule begins, all connections being there. */
    public void started(long nowNanos) {
        startNanos = nowNanos;
        lastNanos = nowNanos;
    }

    public void messageSent(long nowNanos) {
        sent.increment();
        lastNanos = nowNanos;
    }

    /** A message was acknowledged; its latency counts from when it was meant to be sent. */
    public void messageAcknowledged(long intendedNanos, long nowNanos) {
        acknowledged.increment();
        latencies.recordValue(Math.min(MAX_LATENCY_MICROS, Math.max(0, (nowNanos - intendedNanos) / 1000)));
        lastNanos = nowNanos;
    }

    public void messageResent() {
        resent.increment();
    }

    public void connectionUp(boolean again) {
        connected.incrementAndGet();
        if (again) {
            reconnects.increment();
        }
    }

    public void connectionDown() {
        connected.decrementAndGet();
    }

    /** Counts an error by its reason. */
    public synchronized void error(String reason) {
        String kind = errors.containsKey(reason) || errors.size() < MAX_ERROR_KINDS ? reason : "other";
        errors.merge(kind, 1L, Long::sum);
    }

    /** Messages that the schedule asked for and that were not sent before the run ended. */
    public void unsent(long messages) {
        unsent = messages;
    }

    public long sent() {
        return sent.sum();
    }

    public long acknowledged() {
        return acknowledged.sum();
    }

    public long resent() {
        return resent.sum();
    }

    public long reconnects() {
        return reconnects.sum();
    }

    public long unsent() {
        return unsent;
    }

    public int connected() {
        return connected.get();
    }

    /** From the schedule's start to the last message sent or acknowledged; connecting is not in it. */
    public Duration activeTime() {
        return Duration.ofNanos(lastNanos - startNanos);
    }

    /** Error counts by reason. */
    public synchronized Map<String, Long> errors() {
        return new TreeMap<>(errors);
    }

    /** Latencies in microseconds since the last call; also adds them to {@link #totalLatencies}. */
    public synchronized Histogram takeIntervalLatencies() {
        Histogram interval = latencies.getIntervalHistogram();
        total.add(interval);
        return interval;
    }

    /** All latencies of the run so far, in microseconds. */
    public synchronized Histogram totalLatencies() {
        takeIntervalLatencies();
        return total.copy();
    }
}
