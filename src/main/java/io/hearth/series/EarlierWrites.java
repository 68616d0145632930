package io.hearth.series;

import io.hearth.series.clock.StampLease;
import io.hearth.series.clock.WriteClock;
import io.hearth.series.erase.Eraser;
import io.hearth.series.replicate.RemoteWrites;
import io.hearth.series.write.UnsettledAppends;
import io.hearth.table.Blocking;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/** Waits for the writes that had begun, here and in other processes, when an erasure became known. */
final class EarlierWrites implements Eraser.Writers {
    /** For so long an erasure waits for other processes; one that lives says within a third of that what it knows. */
    private static final long LONGEST_WAIT_MILLIS =
            StampLease.TERM.plusSeconds(5).toMillis();

    private static final long WAIT_STEP_MILLIS = 250;

    private final UnsettledAppends appends;
    private final Supplier<RemoteWrites> remote;
    private final WriteClock clock;
    private final LongConsumer pauseMillis;

    /**
     * @param remote is asked for when an erasure waits
     * @param pauseMillis waits for so many milliseconds; less if the thread is interrupted
     */
    EarlierWrites(UnsettledAppends appends, Supplier<RemoteWrites> remote, WriteClock clock, LongConsumer pauseMillis) {
        this.appends = appends;
        this.remote = remote;
        this.clock = clock;
        this.pauseMillis = pauseMillis;
    }

    @Override
    public void awaitOwn() {
        Blocking.await(appends.settled());
        remote.get().awaitStores();
    }

    @Override
    public void awaitOthers(long number) {
        for (long waited = 0; waited < LONGEST_WAIT_MILLIS; waited += WAIT_STEP_MILLIS) {
            if (!clock.isUnknownToOthers(number)) {
                return;
            }
            pauseMillis.accept(WAIT_STEP_MILLIS);
        }
    }
}
