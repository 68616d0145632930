package io.hearth.table;

import io.smallrye.mutiny.Uni;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

/** A table of which several processes are said to use it at once, and into whose operations a test can come between. */
public final class SharedTable extends ForwardingTable {
    private final Queue<Runnable> beforeReplace = new ArrayDeque<>();
    private final Queue<Runnable> beforePut = new ArrayDeque<>();

    public SharedTable(Table table) {
        super(table);
    }

    /** Runs something before the next replacement that no other such is waiting for. */
    public void beforeReplace(Runnable action) {
        beforeReplace.add(action);
    }

    /** The same before a conditional put. */
    public void beforePut(Runnable action) {
        beforePut.add(action);
    }

    private static void run(Queue<Runnable> actions) {
        Runnable action = actions.poll();
        if (action != null) {
            action.run();
        }
    }

    @Override
    public boolean isShared() {
        return true;
    }

    @Override
    public Uni<Void> put(Item item, Condition condition) {
        return Uni.createFrom().deferred(() -> {
            run(beforePut);
            return table.put(item, condition);
        });
    }

    @Override
    public Uni<Void> replace(String partitionKey, List<Item> items, List<Bytes> superseded) {
        return Uni.createFrom().deferred(() -> {
            run(beforeReplace);
            return table.replace(partitionKey, items, superseded);
        });
    }
}
