package io.hearth.series.clock;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZZ_Result;

/** No two threads get one time, and what is given out after a foreign time was observed is behind that. */
@JCStressTest
@Outcome(
        id = "true, true, true",
        expect = Expect.ACCEPTABLE,
        desc = "each time once, ascending, behind what was observed")
@Outcome(expect = Expect.FORBIDDEN, desc = "a time was given out twice or too early")
@State
public class HybridClockStress {
    private static final InstantSource STANDS = InstantSource.fixed(Instant.EPOCH.plusSeconds(1));
    private static final long OBSERVED = 1_000L << 16 | 100;

    private final HybridClock clock = new HybridClock(STANDS, 0);
    private long one;
    private long oneMore;
    private long afterObserving;

    @Actor
    public void takes() {
        one = clock.next().hybridTime();
        oneMore = clock.next().hybridTime();
    }

    @Actor
    public void observes() {
        clock.observe(OBSERVED, Duration.ofMinutes(1));
        afterObserving = clock.next().hybridTime();
    }

    @Arbiter
    public void compares(ZZZ_Result result) {
        result.r1 = one < oneMore && one != afterObserving && oneMore != afterObserving;
        result.r2 = afterObserving > OBSERVED;
        result.r3 = clock.next().hybridTime() > Math.max(oneMore, afterObserving);
    }
}
