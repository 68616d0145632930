package io.hearth.mqtt;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A transport that stopped receiving because the bound was reached is told when there is room. */
@JCStressTest
@Outcome(
        id = "false, true",
        expect = Expect.ACCEPTABLE,
        desc = "open in the end, and a transport that stopped was told")
@Outcome(expect = Expect.FORBIDDEN, desc = "closed for ever")
@State
public class InFlightStress {
    private static final int BYTES = 10;

    private final InFlight inFlight = new InFlight(2, 1_000);
    private final AtomicInteger opened = new AtomicInteger();
    private boolean oneStopped;
    private boolean otherStopped;

    public InFlightStress() {
        inFlight.onRoom(opened::incrementAndGet);
    }

    @Actor
    public void receives() {
        oneStopped = !inFlight.enter(BYTES);
        inFlight.leave(BYTES);
    }

    @Actor
    public void receivesToo() {
        otherStopped = !inFlight.enter(BYTES);
        inFlight.leave(BYTES);
    }

    @Arbiter
    public void looks(ZZ_Result result) {
        result.r1 = inFlight.isFull();
        result.r2 = !oneStopped && !otherStopped || opened.get() > 0;
    }
}
