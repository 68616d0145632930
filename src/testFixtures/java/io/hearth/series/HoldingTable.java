package io.hearth.series;

import io.hearth.table.Bytes;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Item;
import io.hearth.table.Table;
import io.hearth.table.ThrottledException;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Holds the next write of some until it is told to go on, and replaces nothing when told so. */
final class HoldingTable extends ForwardingTable {
    private final Predicate<List<Write>> isHeld;
    private volatile @Nullable CompletableFuture<@Nullable Void> gate;

    private volatile boolean refusesReplacing;

    /** @param isHeld which writes are held */
    HoldingTable(Table table, Predicate<List<Write>> isHeld) {
        super(table);
        this.isHeld = isHeld;
    }

    /** Holds the next write until what is answered completes. */
    CompletableFuture<@Nullable Void> holdNextWrite() {
        CompletableFuture<@Nullable Void> next = new CompletableFuture<>();
        gate = next;
        return next;
    }

    void refuseReplacing(boolean refuses) {
        refusesReplacing = refuses;
    }

    @Override
    public Uni<Void> replace(String partitionKey, List<Item> items, List<Bytes> superseded) {
        return refusesReplacing
                ? Uni.createFrom().failure(new ThrottledException("refused on demand", null))
                : table.replace(partitionKey, items, superseded);
    }

    @Override
    public Uni<Void> write(List<Write> writes) {
        return Uni.createFrom().deferred(() -> {
            CompletableFuture<@Nullable Void> held = isHeld.test(writes) ? gate : null;
            gate = held == null ? gate : null;
            return held == null
                    ? table.write(writes)
                    : Uni.createFrom().completionStage(held).chain(() -> table.write(writes));
        });
    }
}
