package io.hearth.sync;

import io.hearth.lease.Lease;
import io.hearth.model.RegionId;
import io.hearth.table.Table;
import io.hearth.table.TableException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** Of several services on one table, one pulls from each peer. Two for a moment do no harm. */
public final class PullLeases implements Predicate<RegionId> {
    private static final Duration TERM = Duration.ofSeconds(15);

    private final Table table;
    private final InstantSource wallClock;
    private final Map<RegionId, Held> leases = new ConcurrentHashMap<>();

    public PullLeases(Table table, InstantSource wallClock) {
        this.table = table;
        this.wallClock = wallClock;
    }

    private static final class Held {
        private final Lease lease;
        private long askedNanos = System.nanoTime() - TERM.toNanos();

        Held(Lease lease) {
            this.lease = lease;
        }

        synchronized boolean holds() {
            long now = System.nanoTime();
            if (lease.isHeld() && now - askedNanos < TERM.toNanos() / 3) {
                return true;
            }
            askedNanos = now;
            try {
                return lease.hold();
            } catch (TableException notNow) {
                return lease.isHeld();
            }
        }
    }

    @Override
    public boolean test(RegionId peer) {
        return !table.isShared()
                || leases.computeIfAbsent(
                                peer, id -> new Held(new Lease(table, "sync/" + id, TERM, System::nanoTime, wallClock)))
                        .holds();
    }
}
