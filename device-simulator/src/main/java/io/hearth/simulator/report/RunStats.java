package io.hearth.simulator.report;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;

/** Counters of a running simulation. Written by the publishing threads, read by the progress display. */
public final class RunStats {

    /** Different reasons kept apart; with thousands of connections an error text may differ each time. */
    private static final int MAX_ERROR_KINDS = 50;

    private static final int MAX_EVENTS = 1_000;

    private final LongAdder sent = new LongAdder();
    private final LongAdder sentReadings = new LongAdder();
    private final LongAdder acknowledged = new LongAdder();
    private final LongAdder acknowledgedReadings = new LongAdder();
    private final LongAdder duplicates = new LongAdder();
    private final LongAdder resent = new LongAdder();
    private final LongAdder reconnects = new LongAdder();
    private final LongAdder lostConnections = new LongAdder();
    private final LongAdder errorCount = new LongAdder();
    private final AtomicInteger connected = new AtomicInteger();
    private final Recorder latencies = new Recorder(Latencies.MAX_MICROS, Latencies.DIGITS);
    private final Recorder connectLatencies = new Recorder(Latencies.MAX_MICROS, Latencies.DIGITS);
    private final ShadowStats shadow = new ShadowStats();
    private final Map<String, Long> errors = new TreeMap<>();
    private final Map<String, Map<String, Long>> badClients = new TreeMap<>();
    private final List<RunEvent> events = new ArrayList<>();
    private final List<PhaseResult> phases = new ArrayList<>();
    private final Timeline timeline = new Timeline();
    private final Histogram total = Latencies.empty();
    private final Histogram ofPhase = Latencies.empty();
    private final CountDownLatch started = new CountDownLatch(1);
    private final Instant createdAt = Instant.now();
    private final long createdNanos = System.nanoTime();
    private volatile long startNanos = createdNanos;
    private volatile long lastNanos = createdNanos;
    private volatile long unsent;
    private volatile @Nullable String phase;
    private long sampledNanos = createdNanos;
    private Counts sampled = Counts.NONE;
    private long phaseNanos;
    private Counts phaseStart = Counts.NONE;

    /** The counters that intervals are differences of. */
    private record Counts(long sent, long acknowledged, long errors, long reconnects, long shadowUpdates) {
        static final Counts NONE = new Counts(0, 0, 0, 0, 0);
    }

    private Counts counts() {
        return new Counts(sent.sum(), acknowledged.sum(), errorCount.sum(), reconnects.sum(), shadow.accepted());
    }

    /** The schedule begins, all connections being there. */
    public void started(long nowNanos) {
        startNanos = nowNanos;
        lastNanos = nowNanos;
        started.countDown();
    }

    /** Waits until the schedule begins. */
    public void awaitStart() throws InterruptedException {
        started.await();
    }

    public void messageSent(int readings, long nowNanos) {
        sent.increment();
        sentReadings.add(readings);
        lastNanos = nowNanos;
    }

    /** A message was acknowledged; its latency counts from when it was meant to be sent. */
    public void messageAcknowledged(int readings, long intendedNanos, long nowNanos) {
        acknowledged.increment();
        acknowledgedReadings.add(readings);
        latencies.recordValue(Math.min(Latencies.MAX_MICROS, Math.max(0, (nowNanos - intendedNanos) / 1000)));
        lastNanos = nowNanos;
    }

    /** A message was sent a second time on purpose. */
    public void duplicateSent() {
        duplicates.increment();
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

    /** How long it took from opening the socket to CONNACK. */
    public void connectTook(long nanos) {
        connectLatencies.recordValue(Math.min(Latencies.MAX_MICROS, Math.max(0, nanos / 1_000)));
    }

    public void connectionDown() {
        connected.decrementAndGet();
    }

    /** The server or the network ended a connection; also counts as an error. */
    public void connectionLost(String reason) {
        lostConnections.increment();
        error("connection lost: " + reason);
    }

    /** Connections that the server or the network ended. */
    public long lostConnections() {
        return lostConnections.sum();
    }

    /** Counts an error by its reason. */
    public synchronized void error(String reason) {
        errorCount.increment();
        String kind = errors.containsKey(reason) || errors.size() < MAX_ERROR_KINDS ? reason : "other";
        errors.merge(kind, 1L, Long::sum);
    }

    /** What became of one attempt of a client that misbehaves on purpose; none of its doings is an error. */
    public synchronized void badClient(String kind, String outcome) {
        badClients.computeIfAbsent(kind, k -> new TreeMap<>()).merge(outcome, 1L, Long::sum);
    }

    /** Something worth a line across the plots. */
    public synchronized void event(String text) {
        if (events.size() < MAX_EVENTS) {
            events.add(new RunEvent(Instant.now(), text));
        }
    }

    /** Another phase of the run begins, or the last one ends if {@code name} is null. */
    public synchronized void phase(@Nullable String name, long nowNanos) {
        takeLatencies();
        Counts now = counts();
        String ending = phase;
        if (ending != null) {
            phases.add(new PhaseResult(
                    ending,
                    at(phaseNanos),
                    Duration.ofNanos(nowNanos - phaseNanos),
                    now.sent - phaseStart.sent,
                    now.acknowledged - phaseStart.acknowledged,
                    now.errors - phaseStart.errors,
                    ofPhase.copy()));
        }
        ofPhase.reset();
        phase = name;
        phaseNanos = nowNanos;
        phaseStart = now;
    }

    /** Messages that the schedule asked for and that were not sent before the run ended. */
    public void unsent(long messages) {
        unsent = messages;
    }

    public long sent() {
        return sent.sum();
    }

    public long sentReadings() {
        return sentReadings.sum();
    }

    public long acknowledged() {
        return acknowledged.sum();
    }

    public long acknowledgedReadings() {
        return acknowledgedReadings.sum();
    }

    public long duplicates() {
        return duplicates.sum();
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

    /** Errors of all kinds. */
    public long errorCount() {
        return errorCount.sum();
    }

    /** The counters of shadow traffic. */
    public ShadowStats shadow() {
        return shadow;
    }

    /** Name of the phase the run is in, or null. */
    public @Nullable String currentPhase() {
        return phase;
    }

    /** When the schedule began, or this was made if it has not. */
    public Instant startedAt() {
        return at(startNanos);
    }

    /** When the schedule began, {@link System#nanoTime()}. */
    public long startNanos() {
        return startNanos;
    }

    private Instant at(long nanos) {
        return createdAt.plusNanos(nanos - createdNanos);
    }

    /** From the schedule's start to the last message sent or answered; connecting is not in it. */
    public Duration activeTime() {
        long active = lastNanos - startNanos;
        return Duration.ofNanos(shadow.used() ? Math.max(active, shadow.lastNanos() - startNanos) : active);
    }

    /** Error counts by reason. */
    public synchronized Map<String, Long> errors() {
        return new TreeMap<>(errors);
    }

    /** Outcomes of misbehaving clients' attempts, by kind of client. */
    public synchronized Map<String, Map<String, Long>> badClients() {
        Map<String, Map<String, Long>> copy = new TreeMap<>();
        badClients.forEach((kind, outcomes) -> copy.put(kind, new TreeMap<>(outcomes)));
        return copy;
    }

    public synchronized List<RunEvent> events() {
        return List.copyOf(events);
    }

    /** The phases that have ended. */
    public synchronized List<PhaseResult> phases() {
        return List.copyOf(phases);
    }

    private final Histogram sinceSample = Latencies.empty();

    private void takeLatencies() {
        Histogram interval = latencies.getIntervalHistogram();
        total.add(interval);
        ofPhase.add(interval);
        sinceSample.add(interval);
    }

    /** Closes the interval since the last call, adds it to the timeline and returns it. */
    public synchronized Timeline.Point sample(long nowNanos) {
        takeLatencies();
        Counts now = counts();
        Histogram latency = Latencies.empty();
        latency.add(sinceSample);
        Histogram delta = Latencies.empty();
        delta.add(shadow.takeIntervalDeltas());
        long middle = sampledNanos + (nowNanos - sampledNanos) / 2;
        Timeline.Point point = new Timeline.Point(
                at(middle).getEpochSecond(),
                Math.max(1, (nowNanos - sampledNanos) / 1_000_000),
                now.sent - sampled.sent,
                now.acknowledged - sampled.acknowledged,
                now.errors - sampled.errors,
                now.reconnects - sampled.reconnects,
                connected.get(),
                latency,
                now.shadowUpdates - sampled.shadowUpdates,
                delta);
        timeline.add(point);
        sinceSample.reset();
        sampledNanos = nowNanos;
        sampled = now;
        return point;
    }

    /** The run second by second, up to the last {@link #sample}. */
    public synchronized Timeline timeline() {
        return timeline.mergedWith(new Timeline());
    }

    /** All latencies of the run so far, in microseconds. */
    public synchronized Histogram totalLatencies() {
        takeLatencies();
        return total.copy();
    }

    /** All times from opening a socket to CONNACK, in microseconds; may be asked for once. */
    public Histogram connectLatencies() {
        Histogram copy = Latencies.empty();
        copy.add(connectLatencies.getIntervalHistogram());
        return copy;
    }
}
