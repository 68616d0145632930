package io.hearth.ingest;

import io.hearth.table.ForwardingTable;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Table;
import io.hearth.table.ThrottledException;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A table whose writes fail on demand; everything else goes through. */
final class FaultyTable extends ForwardingTable {
    private final AtomicInteger refusals = new AtomicInteger();
    private final AtomicInteger failuresAfterWriting = new AtomicInteger();
    private volatile boolean refusing;

    FaultyTable(Table table) {
        super(table);
    }

    /** Refuses every write as throttled, until healed. */
    void refuse() {
        refusing = true;
    }

    void heal() {
        refusing = false;
    }

    int refusals() {
        return refusals.get();
    }

    /** Lets the next writes happen and reports their outcome as unknown. */
    void writeButFail(int times) {
        failuresAfterWriting.set(times);
    }

    @Override
    public Uni<Void> write(List<Write> writes) {
        return Uni.createFrom().deferred(() -> {
            if (refusing) {
                refusals.incrementAndGet();
                return Uni.createFrom().failure(new ThrottledException("refused on demand", null));
            }
            boolean fail = failuresAfterWriting.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
            return table.write(writes)
                    .call(() -> fail
                            ? Uni.createFrom().failure(new OutcomeUnknownException("failed on demand", null))
                            : Uni.createFrom().voidItem());
        });
    }
}
