package io.hearth.table;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;

/**
 * A durable table of {@link Item}s, keyed by partition and sort key, with expiry that is exact at read.
 *
 * <p>Operations begin when their {@code Uni} is subscribed to, may run and complete on any thread, and never block the
 * subscriber for longer than a local read takes. A completed write is durable (unless the engine was told not to sync)
 * and seen by every {@link Consistency#STRONG} read that begins afterwards. Failures are {@link TableException}s.
 *
 * <p>Writes of one key take effect in the order in which this object's writers subscribed to them, of whatever kind they are and
 * however often the engine has to try: a later one begins when the one before it is settled. Writes of different keys do not
 * wait for each other.
 *
 * <p>Every operation settles, in an engine with a network within a bound that its settings give. What failed with
 * {@link OutcomeUnknownException} may be done even then, as its request may be on its way; so may, without any bound, what another
 * process has submitted before it stalled or died. Only a condition keeps such a write from changing what has been written since.
 */
public interface Table extends AutoCloseable {

    /**
     * Stores and removes items, unconditionally and durably. Later writes of the same key in the list win. Many waiting
     * batches share one commit. Whether the batch is atomic is up to the engine: when it fails, each of its writes is
     * done or not.
     *
     * @return completes when all are durable; fails with {@link ThrottledException} if none was written, and with
     *     {@link OutcomeUnknownException} if some may be
     */
    Uni<Void> write(List<Write> writes);

    /**
     * Stores {@code item} if {@code condition} holds of what its key holds now; one atomic step among all writers.
     *
     * @return completes when it is durable; fails with {@link ConditionFailedException}, {@link ThrottledException} or
     *     {@link OutcomeUnknownException}
     */
    Uni<Void> put(Item item, Condition condition);

    /** Removes the item of {@code key} if {@code condition} holds of it; completes and fails as {@link #put}. */
    Uni<Void> delete(Key key, Condition condition);

    /**
     * Reorganises a partition: stores items that hold what others held, and removes those others. For whoever reads through
     * the owner of the items nothing changes, so an engine that can keeps this out of the change feed; one that cannot keeps
     * the stored items out, and shows the others as removed. An engine that cannot do it in one step stores before it removes. Exactly the named items are removed, at a cost per stretch of neighbours
     * rather than per item where the engine can.
     *
     * @param items without index keys, of the same partition as {@code superseded}
     * @param superseded sort keys, ascending
     * @return completes when readers see it; after a crash the one or the other state is there, or both
     */
    Uni<Void> replace(String partitionKey, List<Item> items, List<Bytes> superseded);

    /**
     * Returns the space of what has expired or been replaced, as far as that is up to this process. May take minutes, so
     * subscribe on a thread that may wait; it also happens by itself, later.
     */
    Uni<Void> reclaim();

    /** The item of {@code key}; empty if there is none or it has expired. */
    Uni<Optional<Item>> get(Key key, Consistency consistency);

    /** The items of a partition in a range of sort keys; fails with {@link InvalidCursorException}. */
    Uni<Page> query(Query query);

    /**
     * The items that the index lists in one of its partitions, in the order of their index sort keys. The index of an
     * engine with replicas may lag behind the table whatever the query's consistency.
     */
    Uni<Page> queryIndex(Query query);

    /** The items of one segment of the table; fails with {@link InvalidCursorException}. */
    Uni<Page> scan(Scan scan);

    /** A cursor at {@code start} of the change feed. */
    Uni<Cursor> changesFrom(ChangeStart start);

    /**
     * The changes behind {@code after}, as far as they are committed; answers at once, also when there is none.
     *
     * @param limit about how many changes to answer, at least 1: a commit is never torn, so a page may have more
     * @return fails with {@link CursorExpiredException} or {@link InvalidCursorException}
     */
    Uni<ChangePage> changes(Cursor after, int limit);

    /**
     * Whether other processes may write to this table at the same time. What this process remembers of it may then be
     * out of date, and work that only one may do needs a lease.
     */
    default boolean isShared() {
        return false;
    }

    /** Releases everything; operations under way fail or complete, later ones fail with {@link TableException}. */
    @Override
    void close();
}
