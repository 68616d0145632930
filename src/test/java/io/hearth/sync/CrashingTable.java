package io.hearth.sync;

import io.hearth.table.Bytes;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Item;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Random;

/** A table whose process dies in the middle of one of its next writes, when told so: a part of a batch is stored, or all. */
final class CrashingTable extends ForwardingTable {
    private int writesUntilCrash = -1;
    private Random random = new Random(0);

    CrashingTable(Table table) {
        super(table);
    }

    /** The write after {@code writes} more ones is the last one. */
    void crashAfter(int writes, Random how) {
        writesUntilCrash = writes;
        random = how;
    }

    void heal() {
        writesUntilCrash = -1;
    }

    private boolean crashesNow() {
        if (writesUntilCrash < 0) {
            return false;
        }
        if (writesUntilCrash == 0) {
            return true;
        }
        writesUntilCrash--;
        return false;
    }

    private static <T> Uni<T> crash() {
        return Uni.createFrom().failure(new OutcomeUnknownException("the process died", null));
    }

    @Override
    public Uni<Void> write(List<Write> writes) {
        return Uni.createFrom().deferred(() -> {
            if (!crashesNow()) {
                return table.write(writes);
            }
            int stored = random.nextInt(writes.size() + 1);
            return stored == 0
                    ? crash()
                    : table.write(writes.subList(0, stored)).chain(CrashingTable::crash);
        });
    }

    @Override
    public Uni<Void> replace(String partitionKey, List<Item> items, List<Bytes> superseded) {
        return Uni.createFrom().deferred(() -> {
            if (!crashesNow()) {
                return table.replace(partitionKey, items, superseded);
            }
            return random.nextBoolean()
                    ? crash()
                    : table.replace(partitionKey, items, superseded).chain(CrashingTable::crash);
        });
    }
}
