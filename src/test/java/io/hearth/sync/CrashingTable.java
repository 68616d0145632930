package io.hearth.sync;

import io.hearth.table.Bytes;
import io.hearth.table.Condition;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.Scan;
import io.hearth.table.Table;
import io.hearth.table.TableException;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A table as one process sees it, which dies in the middle of one of its next writes when told so: a part of a batch is stored,
 * or all, or nothing. Nothing works any more then, until another process begins. What has expired by the clock of the process is
 * in no answer.
 */
final class CrashingTable extends ForwardingTable {
    private final InstantSource clock;
    private int writesUntilCrash = -1;
    private Random random = new Random(0);
    private boolean crashed;

    CrashingTable(Table table, InstantSource clock) {
        super(table);
        this.clock = clock;
    }

    /** The write after {@code writes} more ones is the last one. */
    void crashAfter(int writes, Random how) {
        writesUntilCrash = writes;
        random = how;
    }

    /** No crash is about to come, and the next process begins. */
    void heal() {
        writesUntilCrash = -1;
        crashed = false;
    }

    boolean hasCrashed() {
        return crashed;
    }

    private <T> Uni<T> unlessDead(Supplier<Uni<T>> action) {
        return Uni.createFrom()
                .deferred(() -> crashed
                        ? Uni.createFrom().failure(new TableException("the process is dead", null))
                        : action.get());
    }

    /** @param stored does it, or a part of it; null if nothing is left to be done */
    private <T> Uni<T> write(Supplier<Uni<T>> whole, Supplier<@Nullable Uni<T>> stored) {
        return unlessDead(() -> {
            if (writesUntilCrash != 0) {
                writesUntilCrash = Math.max(-1, writesUntilCrash - 1);
                return whole.get();
            }
            crashed = true;
            Uni<T> part = stored.get();
            Uni<T> died = Uni.createFrom().failure(new OutcomeUnknownException("the process died", null));
            return part == null ? died : part.onItemOrFailure().transformToUni((done, failure) -> died);
        });
    }

    private <T> Uni<T> writeOne(Supplier<Uni<T>> whole) {
        return write(whole, () -> random.nextBoolean() ? whole.get() : null);
    }

    @Override
    public Uni<Void> write(List<Write> writes) {
        return write(() -> table.write(writes), () -> {
            int stored = random.nextInt(writes.size() + 1);
            return stored == 0 ? null : table.write(writes.subList(0, stored));
        });
    }

    @Override
    public Uni<Void> replace(String partitionKey, List<Item> items, List<Bytes> superseded) {
        return writeOne(() -> table.replace(partitionKey, items, superseded));
    }

    @Override
    public Uni<Void> put(Item item, Condition condition) {
        return writeOne(() -> withoutExpired(item.key()).chain(() -> table.put(item, condition)));
    }

    @Override
    public Uni<Void> delete(Key key, Condition condition) {
        return writeOne(() -> withoutExpired(key).chain(() -> table.delete(key, condition)));
    }

    /** An engine judges expiry by the clock of the process in conditions, too. */
    private Uni<Void> withoutExpired(Key key) {
        return table.get(key, Consistency.STRONG)
                .chain(found -> found.isPresent() && !isLive(found.get())
                        ? table.write(List.of(new Write.Delete(key)))
                        : Uni.createFrom().voidItem());
    }

    @Override
    public Uni<Optional<Item>> get(Key key, Consistency consistency) {
        return unlessDead(() -> table.get(key, consistency)).map(found -> found.filter(this::isLive));
    }

    @Override
    public Uni<Page> query(Query query) {
        return unlessDead(() -> table.query(query)).map(this::live);
    }

    @Override
    public Uni<Page> queryIndex(Query query) {
        return unlessDead(() -> table.queryIndex(query)).map(this::live);
    }

    @Override
    public Uni<Page> scan(Scan scan) {
        return unlessDead(() -> table.scan(scan)).map(this::live);
    }

    private Page live(Page page) {
        Cursor next = page.next();
        return new Page(page.items().stream().filter(this::isLive).toList(), next);
    }

    private boolean isLive(Item item) {
        return !item.isExpiredAt(clock.instant().getEpochSecond());
    }
}
