package io.hearth.ingest;

import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.table.Consistency;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Table;
import io.hearth.table.ThrottledException;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A table whose writes fail on demand; everything else goes through. */
final class FaultyTable extends ForwardingTable {
    private final AtomicInteger refusals = new AtomicInteger();
    private final AtomicInteger failuresAfterWriting = new AtomicInteger();
    private volatile boolean refusing;
    private final AtomicBoolean breaksNext = new AtomicBoolean();
    private volatile String unsupported = "";
    private volatile String refusedPartition = "";

    FaultyTable(Table table) {
        super(table);
    }

    /** Refuses every write as throttled, until healed. */
    void refuse() {
        refusing = true;
    }

    /** Refuses the writes of a partition as throttled, until healed. */
    void refusePartition(String partitionKey) {
        refusedPartition = partitionKey;
    }

    void heal() {
        refusing = false;
        refusedPartition = "";
    }

    int refusals() {
        return refusals.get();
    }

    /** Lets the next writes happen and reports their outcome as unknown. */
    void writeButFail(int times) {
        failuresAfterWriting.set(times);
    }

    /** Fails the next write in a way that trying again does not mend. */
    void breakNext() {
        breaksNext.set(true);
    }

    /** Answers whoever reads an item of a partition that this build does not know its format. */
    void tellUnsupported(String partitionKey) {
        unsupported = partitionKey;
    }

    @Override
    public Uni<Optional<Item>> get(Key key, Consistency consistency) {
        return key.partitionKey().equals(unsupported)
                ? Uni.createFrom().failure(new UnsupportedFormatException("unsupported on demand", null))
                : table.get(key, consistency);
    }

    @Override
    public Uni<Void> write(List<Write> writes) {
        return Uni.createFrom().deferred(() -> {
            if (breaksNext.getAndSet(false)) {
                return Uni.createFrom().failure(new IllegalStateException("broken on demand"));
            }
            if (refusing
                    || writes.stream()
                            .anyMatch(write -> write.key().partitionKey().equals(refusedPartition))) {
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
