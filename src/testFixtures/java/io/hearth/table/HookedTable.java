package io.hearth.table;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A table whose operations a test sees before they begin, and can come between, on the thread that begins them. */
public final class HookedTable extends ForwardingTable {
    private final boolean isShared;
    private final ThreadLocal<Boolean> inHook = ThreadLocal.withInitial(() -> false);
    private volatile Hook hook = operation -> {};

    /** @param isShared whether several processes are said to use the table */
    public HookedTable(Table table, boolean isShared) {
        super(table);
        this.isShared = isShared;
    }

    /** What is about to begin. */
    public sealed interface Operation {}

    public record Writes(List<Write> writes) implements Operation {}

    public record Puts(Item item, Condition condition) implements Operation {}

    public record Replaces(String partitionKey, List<Item> items, List<Bytes> superseded) implements Operation {}

    public record Deletes(Key key, Condition condition) implements Operation {}

    public record Gets(Key key) implements Operation {}

    public record Queries(Query query) implements Operation {
        /** Whether the items have a sort key that begins with a byte. */
        public boolean isOfKind(int firstByte) {
            Bytes start = query.range().start();
            return start != null && start.length() > 0 && start.array()[0] == firstByte;
        }
    }

    /** May use the table; what it does there is not hooked again. What it throws is how the operation fails. */
    public interface Hook {
        void before(Operation operation);
    }

    public void hook(Hook next) {
        hook = next;
    }

    private <T> Uni<T> after(Operation operation, Supplier<Uni<T>> begin) {
        return Uni.createFrom().deferred(() -> {
            if (!inHook.get()) {
                inHook.set(true);
                try {
                    hook.before(operation);
                } finally {
                    inHook.set(false);
                }
            }
            return begin.get();
        });
    }

    @Override
    public boolean isShared() {
        return isShared;
    }

    @Override
    public Uni<Void> write(List<Write> writes) {
        return after(new Writes(writes), () -> table.write(writes));
    }

    @Override
    public Uni<Void> put(Item item, Condition condition) {
        return after(new Puts(item, condition), () -> table.put(item, condition));
    }

    @Override
    public Uni<Void> replace(String partitionKey, List<Item> items, List<Bytes> superseded) {
        return after(
                new Replaces(partitionKey, items, superseded), () -> table.replace(partitionKey, items, superseded));
    }

    @Override
    public Uni<Void> delete(Key key, Condition condition) {
        return after(new Deletes(key, condition), () -> table.delete(key, condition));
    }

    @Override
    public Uni<Optional<Item>> get(Key key, Consistency consistency) {
        return after(new Gets(key), () -> table.get(key, consistency));
    }

    @Override
    public Uni<Page> query(Query query) {
        return after(new Queries(query), () -> table.query(query));
    }
}
