package io.hearth.table;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;

/** Passes every operation on to another table; tests override what they want to come between. */
public abstract class ForwardingTable implements Table {
    protected final Table table;

    protected ForwardingTable(Table table) {
        this.table = table;
    }

    @Override
    public boolean isShared() {
        return table.isShared();
    }

    @Override
    public Uni<Void> write(List<Write> writes) {
        return table.write(writes);
    }

    @Override
    public Uni<Void> put(Item item, Condition condition) {
        return table.put(item, condition);
    }

    @Override
    public Uni<Void> replace(String partitionKey, List<Item> items, List<Bytes> superseded) {
        return table.replace(partitionKey, items, superseded);
    }

    @Override
    public Uni<Void> delete(Key key, Condition condition) {
        return table.delete(key, condition);
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
