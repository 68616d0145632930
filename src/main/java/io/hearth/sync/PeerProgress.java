package io.hearth.sync;

import io.hearth.sync.wire.PeerPage;
import io.hearth.sync.wire.PutAside;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** How it goes with one peer; written by who pulls from it, read by anybody. */
public final class PeerProgress {
    /** What is being done about a peer. */
    public enum State {
        /** Nothing has been heard of it yet. */
        STARTING,
        /** Everything it has is being taken over. */
        SNAPSHOT,
        /** Changes are waiting there. */
        CATCHING_UP,
        /** All that it has is here. */
        FOLLOWING,
        /** It is not reached, or answers nonsense; it is tried again. */
        FAILING,
        /** Its clock is too far ahead of the one here: nothing is taken in until it is not any more. */
        HELD_CLOCK_AHEAD,
        /** Another process of this region pulls from it. */
        STANDBY
    }

    private final InstantSource clock;
    private final LongAdder records = new LongAdder();
    private final LongAdder readings = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder conflicts = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final Map<PutAside.Reason, LongAdder> putAside = new EnumMap<>(PutAside.Reason.class);
    private final LongAdder snapshots = new LongAdder();
    private final LongAdder differing = new LongAdder();
    private volatile long verifiedMillis;
    private volatile State state = State.STARTING;
    private volatile long lastContactMillis;
    private volatile Contact contact = Contact.NEVER;
    private final long startedMillis;
    private volatile long behindRecords = -1;
    private volatile long askedMillis;
    private volatile long mayWaitMillis;
    private volatile long clockAheadMillis;
    private volatile @Nullable String lastError;

    PeerProgress(InstantSource clock) {
        this.clock = clock;
        startedMillis = clock.millis();
        for (PutAside.Reason reason : PutAside.Reason.values()) {
            putAside.put(reason, new LongAdder());
        }
    }

    InstantSource clock() {
        return clock;
    }

    long nowMillis() {
        return clock.millis();
    }

    /**
     * A question is on its way.
     *
     * @param waitMillis how long the peer may take to answer it when it has nothing
     */
    void asked(long waitMillis) {
        mayWaitMillis = waitMillis;
        askedMillis = clock.millis();
    }

    void answered(PeerPage answer) {
        lastContactMillis = clock.millis();
        bytes.add(answer.bytes());
    }

    void taken(PeerPage answer, SyncTarget.Taken taken) {
        records.add(answer.records().size());
        readings.add(taken.readings().readings());
        conflicts.add(taken.readings().conflicts() + taken.lostFields());
        refused.add(taken.readings().refused() + taken.noRoom());
        taken.putAside().forEach((reason, lines) -> adder(reason).add(lines));
        clockAheadMillis = 0;
        lastError = null;
    }

    void inSnapshot() {
        state = State.SNAPSHOT;
    }

    /** There is more behind what was taken. */
    void catchesUp(PeerPage answer) {
        state = State.CATCHING_UP;
        behindRecords = answer.behind() >= 0 ? answer.behind() : behindRecords;
    }

    /** All that the peer had is here. */
    void follows(Contact now) {
        state = State.FOLLOWING;
        behindRecords = 0;
        contact = now;
    }

    /** What the process before, or another one of this region, has found. */
    void resumes(Contact last) {
        contact = last;
        lastContactMillis = Math.max(lastContactMillis, last.caughtUpMillis());
    }

    void verified(Verification.Report report) {
        verifiedMillis = clock.millis();
        differing.add(report.lost());
    }

    void beganSnapshot() {
        snapshots.increment();
        state = State.SNAPSHOT;
        behindRecords = -1;
    }

    void failed(String reason) {
        errors.increment();
        state = State.FAILING;
        lastError = reason;
    }

    void held(long aheadMillis, String reason) {
        errors.increment();
        state = State.HELD_CLOCK_AHEAD;
        clockAheadMillis = aheadMillis;
        lastError = reason;
    }

    /** @param last what the process that pulls has found last */
    void standsBy(Contact last) {
        state = State.STANDBY;
        clockAheadMillis = 0;
        lastError = null;
        behindRecords = -1;
        resumes(last);
    }

    public State state() {
        return state;
    }

    /** How much lies behind what is here, as far as the peer has counted; -1 if that is not known. */
    public long behindRecords() {
        return behindRecords;
    }

    Contact contact() {
        return contact;
    }

    /** For how long what the peer has may be missing here: zero while it has nothing new. */
    public double behindSeconds() {
        long now = clock.millis();
        boolean waits = state == State.FOLLOWING && now - askedMillis <= mayWaitMillis + 1000;
        if (waits) {
            return 0;
        }
        long caughtUpMillis = contact.caughtUpMillis();
        // A time ahead of the clock is from before it was set back, and says nothing.
        long sinceMillis = caughtUpMillis == 0 || caughtUpMillis > now ? startedMillis : caughtUpMillis;
        return Math.max(0, now - sinceMillis) / 1e3;
    }

    /** Epoch milliseconds; 0 if there was none yet. */
    public long lastContactMillis() {
        return lastContactMillis;
    }

    public long records() {
        return records.sum();
    }

    public long readings() {
        return readings.sum();
    }

    public long bytes() {
        return bytes.sum();
    }

    /** Writes that lost against one of another region: points of readings and fields of shadows. */
    public long conflicts() {
        return conflicts.sum();
    }

    public long errors() {
        return errors.sum();
    }

    private LongAdder adder(PutAside.Reason reason) {
        return Objects.requireNonNull(putAside.get(reason));
    }

    /** Records that were damaged, or that there was no room to put aside, and that were left out. */
    public long refused() {
        return refused.sum();
    }

    /** Lines that were put aside for a reason. */
    public long putAside(PutAside.Reason reason) {
        return adder(reason).sum();
    }

    /** How often everything was taken over. */
    public long snapshots() {
        return snapshots.sum();
    }

    /** When it was last compared with as a whole, epoch milliseconds; 0 if it was not yet. */
    public long verifiedMillis() {
        return verifiedMillis;
    }

    /** Days of devices, and shadows, that were not the same when they were compared. */
    public long differing() {
        return differing.sum();
    }

    /** How far its clock is ahead, while that is too far; else 0. */
    public long clockAheadMillis() {
        return clockAheadMillis;
    }

    /** What went wrong last; null if all is well. */
    public @Nullable String lastError() {
        return lastError;
    }
}
