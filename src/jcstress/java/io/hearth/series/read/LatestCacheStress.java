package io.hearth.series.read;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.value.LatestPoint;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * What the cache answers when everything is done is what the table holds, however loads, commits and erasures interleave. The
 * table is one point of one metric; a commit becomes durable first and is reported afterwards. Two actors each, as jcstress leaves
 * out a test with more actors than the machine has processors.
 */
public final class LatestCacheStress {
    private static final DeviceId DEVICE = new DeviceId("d1");
    private static final RegionId REGION = new RegionId("local");
    private static final String METRIC = "a";

    private LatestCacheStress() {}

    private record Stored(int value, long timeMicros, WriteStamp stamp) {}

    private abstract static class Cached {
        final LatestCache cache = new LatestCache(REGION, false);
        final AtomicReference<@Nullable Stored> table = new AtomicReference<>();

        final void commit(int value, long timeMicros, long stamp) {
            Stored point = new Stored(value, timeMicros, new WriteStamp(new HybridTime(stamp), REGION));
            store(point);
            report(point);
        }

        final void store(Stored point) {
            table.accumulateAndGet(
                    point, (known, given) -> known == null || given == null || isLater(given, known) ? given : known);
        }

        final void report(Stored point) {
            cache.committed(DEVICE, () -> block(point), point.stamp, Long.MAX_VALUE);
        }

        private static boolean isLater(Stored one, Stored other) {
            return one.timeMicros == other.timeMicros
                    ? one.stamp.compareTo(other.stamp) > 0
                    : one.timeMicros > other.timeMicros;
        }

        final int latest() {
            LatestPoint point = cache.latest(DEVICE, 0, this::load).points().get(METRIC);
            return point == null ? 0 : (int) ((Value.Num) point.value()).number();
        }

        private void load(LatestValues found) {
            Stored point = table.get();
            if (point != null) {
                found.addCommitted(block(point), point.stamp, Long.MAX_VALUE);
            }
        }

        private static ReadingBlock block(Stored point) {
            return new ReadingBlock(
                    1,
                    new long[] {point.timeMicros},
                    List.of(new Column(METRIC, null, new double[] {point.value}, null)));
        }
    }

    /** A commit that comes while the device is loaded for the first time. */
    @JCStressTest
    @Outcome(
            id = {"1, 2", "2, 2"},
            expect = Expect.ACCEPTABLE,
            desc = "before or after, and after in the end")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a commit was missed")
    @State
    public static class CommitWhileLoading extends Cached {
        public CommitWhileLoading() {
            store(new Stored(1, 10, new WriteStamp(new HybridTime(1), REGION)));
        }

        @Actor
        public void commits() {
            commit(2, 20, 2);
        }

        @Actor
        public void asks(II_Result result) {
            result.r1 = latest();
        }

        @Arbiter
        public void asksInTheEnd(II_Result result) {
            result.r2 = latest();
        }
    }

    /** Two commits of one device time that are reported in any order: the later stamp wins. */
    @JCStressTest
    @Outcome(id = "3", expect = Expect.ACCEPTABLE, desc = "the later stamp")
    @Outcome(expect = Expect.FORBIDDEN, desc = "the losing value stays")
    @State
    public static class TwoCommitsOfOneTime extends Cached {
        public TwoCommitsOfOneTime() {
            store(new Stored(1, 10, new WriteStamp(new HybridTime(1), REGION)));
        }

        @Actor
        public void asksAndCommitsEarlier() {
            int unused = latest();
            commit(2, 10, 2);
        }

        @Actor
        public void commitsLater() {
            commit(3, 10, 3);
        }

        @Arbiter
        public void asksInTheEnd(I_Result result) {
            result.r1 = latest();
        }
    }

    /** A second commit of one device time while the device is loaded for the first time. */
    @JCStressTest
    @Outcome(id = "3", expect = Expect.ACCEPTABLE, desc = "the later stamp")
    @Outcome(expect = Expect.FORBIDDEN, desc = "the losing value stays")
    @State
    public static class TwoCommitsWhileLoading extends Cached {
        @Actor
        public void commitsBoth() {
            Stored earlier = new Stored(2, 10, new WriteStamp(new HybridTime(2), REGION));
            Stored later = new Stored(3, 10, new WriteStamp(new HybridTime(3), REGION));
            store(earlier);
            store(later);
            report(later);
            report(earlier);
        }

        @Actor
        public void asks() {
            int unused = latest();
        }

        @Arbiter
        public void asksInTheEnd(I_Result result) {
            result.r1 = latest();
        }
    }

    /** An erasure while the device is loaded: what was erased is not kept. */
    @JCStressTest
    @Outcome(
            id = {"1, 0", "0, 0"},
            expect = Expect.ACCEPTABLE,
            desc = "before or after, and erased in the end")
    @Outcome(expect = Expect.FORBIDDEN, desc = "what was erased stays")
    @State
    public static class EraseWhileLoading extends Cached {
        public EraseWhileLoading() {
            store(new Stored(1, 10, new WriteStamp(new HybridTime(1), REGION)));
        }

        @Actor
        public void erases() {
            table.set(null);
            cache.forget(DEVICE);
        }

        @Actor
        public void asks(II_Result result) {
            result.r1 = latest();
        }

        @Arbiter
        public void asksInTheEnd(II_Result result) {
            result.r2 = latest();
        }
    }

    /** A write that failed and becomes durable before the next one, which nobody reports. */
    @JCStressTest
    @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "what is durable")
    @Outcome(expect = Expect.FORBIDDEN, desc = "what nobody reported was missed")
    @State
    public static class FailedWrite extends Cached {
        public FailedWrite() {
            store(new Stored(1, 10, new WriteStamp(new HybridTime(1), REGION)));
        }

        @Actor
        public void fails() {
            cache.failed(DEVICE);
            long failuresBefore = cache.failures();
            store(new Stored(2, 20, new WriteStamp(new HybridTime(2), REGION)));
            cache.settled(failuresBefore);
        }

        @Actor
        public void asksTwice() {
            int unused = latest();
            unused = latest();
        }

        @Arbiter
        public void asksInTheEnd(I_Result result) {
            result.r1 = latest();
        }
    }
}
