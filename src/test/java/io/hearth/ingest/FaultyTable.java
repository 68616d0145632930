package io.hearth.ingest;

import io.hearth.table.Bytes;
import io.hearth.table.ChangePage;
import io.hearth.table.ChangeStart;
import io.hearth.table.Condition;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.Scan;
import io.hearth.table.Table;
import io.hearth.table.ThrottledException;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** A table whose writes fail on demand; everything else goes through. */
final class FaultyTable implements Table {
    private final Table table;
    private final AtomicInteger refusals = new AtomicInteger();
    private final AtomicInteger failuresAfterWriting = new AtomicInteger();
    private volatile boolean refusing;

    FaultyTable(Table table) {
        this.table = table;
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

    @Override
    public Uni<Void> put(Item item, Condition condition) {
        return table.put(item, condition);
    }

    @Override
    public Uni<Void> delete(Key key, Condition condition) {
        return table.delete(key, condition);
    }

    @Override
    public Uni<Void> replace(String partitionKey, List<Item> items, List<Bytes> superseded) {
        return table.replace(partitionKey, items, superseded);
    }

    @Override
    public Uni<Void> reclaim() {
        return table.reclaim();
    }

    @Override
    public Uni<Optional<Item>> get(Key key, Consistency consistency) {
        return table.get(key, consistency);
    }

    @Override
    public Uni<Page> query(Query query) {
        return table.query(query);
    }

    @Override
    public Uni<Page> queryIndex(Query query) {
        return table.queryIndex(query);
    }

    @Override
    public Uni<Page> scan(Scan scan) {
        return table.scan(scan);
    }

    @Override
    public Uni<Cursor> changesFrom(ChangeStart start) {
        return table.changesFrom(start);
    }

    @Override
    public Uni<ChangePage> changes(Cursor after, int limit) {
        return table.changes(after, limit);
    }

    @Override
    public void close() {
        table.close();
    }
}
