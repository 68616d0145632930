package io.hearth.shadow;

import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.shadow.document.ChangedFields;
import io.hearth.shadow.document.Limits;
import io.hearth.shadow.document.RegionMerge;
import io.hearth.shadow.document.ShadowDecision;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.shadow.document.ShadowError;
import io.hearth.shadow.document.ShadowException;
import io.hearth.shadow.document.ShadowId;
import io.hearth.shadow.document.ShadowRequest;
import io.hearth.shadow.document.ShadowUpdate;
import io.hearth.shadow.document.TombstoneBound;
import io.hearth.table.Direction;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The shadows of things, on a table: reads, updates, deletions, merges and erasures. No update is lost, however many processes write.
 *
 * <p>Operations begin when their {@code Uni} is subscribed to, and may complete on any thread. What is answered is durable.
 * They fail with {@link ShadowException} where the contract has an error for it, and nothing has changed then; and with
 * {@link io.hearth.table.TableException} where the table fails, of which {@link OutcomeUnknownException} leaves open whether
 * the change is stored.
 */
public final class ShadowStore {
    /**
     * How shadows are kept.
     *
     * @param keptAfterDelete how long a deleted shadow's version and a removed field's tombstone are remembered
     * @param historyKept how long changes are kept; zero for not at all
     */
    public record Settings(Limits limits, Duration keptAfterDelete, Duration historyKept) {}

    private static final int ERASE_PAGE = 100;

    private final RegionId region;
    private final InstantSource clock;
    private final Settings settings;
    private final ShadowItems items;
    private final ShadowHistory history;
    private final TombstoneRetention retention;
    private final ShadowWriter writer;
    private volatile MergeListener mergeListener = (id, previous, current) -> {};

    public ShadowStore(Table table, RegionId region, InstantSource clock, Settings settings) {
        this.region = region;
        this.clock = clock;
        this.settings = settings;
        items = new ShadowItems(table);
        history = new ShadowHistory(table, clock, settings.historyKept(), settings.keptAfterDelete());
        retention = new TombstoneRetention(clock, settings.keptAfterDelete());
        writer = new ShadowWriter(table, history, retention);
    }

    public Limits limits() {
        return settings.limits();
    }

    /** Hears of merges. */
    public interface MergeListener {
        /** A merge has changed what clients see of a shadow. Called on any thread, and must be quick. */
        void merged(ShadowId id, ShadowDocument previous, ShadowDocument current);
    }

    /** Tells {@code listener} of every merge from now on. */
    public void whenMerged(MergeListener listener) {
        mergeListener = listener;
    }

    /** The document of a shadow that exists; fails with {@link ShadowException} if it does not. */
    public Uni<ShadowDocument> get(ShadowId id, ShadowRequest request) {
        return stored(id).map(stored -> existing(stored, request.clientToken()).document());
    }

    /** A shadow as it is stored, which may be deleted, or have {@link ShadowDocument#NONE}. */
    public Uni<StoredShadow> stored(ShadowId id) {
        return writer.stored(id);
    }

    /**
     * Changes a shadow, or makes it.
     *
     * @param by who asks, for the history
     */
    public Uni<ShadowUpdate> update(ShadowId id, ShadowRequest request, String by) {
        ChangedFields fields = ChangedFields.of(request.state());
        return writer.change(id, stored -> {
            ShadowDocument previous = retention.pruned(stored.document());
            WriteStamp stamp = previous.nextStamp(now(), region);
            ShadowUpdate update = ShadowDecision.update(previous, request, stamp, settings.limits());
            ShadowDocument current = TombstoneBound.apply(update.current());
            ShadowChange change = new ShadowChange(
                    ShadowChange.newId(),
                    ShadowChange.Kind.UPDATED,
                    stamp.time(),
                    current.version(),
                    by,
                    fields.pointers(),
                    fields.more(),
                    List.of());
            return ShadowWriter.decided(update, stored.next(current, change));
        });
    }

    /**
     * Deletes a shadow. What is answered keeps the version, as the table does for a time.
     *
     * @param by who asks, for the history
     */
    public Uni<ShadowDocument> delete(ShadowId id, ShadowRequest request, String by) {
        return writer.change(id, stored -> {
            existing(stored, request.clientToken());
            StoredShadow deleted = deleted(stored, request, by);
            return ShadowWriter.decided(deleted.document(), deleted);
        });
    }

    /**
     * Merges the document of another region into the local one, per field. Writes nothing if there is nothing new in it.
     *
     * @param by which peer it came from, for the history
     */
    public Uni<RegionMerge> merge(ShadowId id, ShadowDocument remote, String by) {
        return writer.change(id, stored -> {
                    ShadowMerge merge = ShadowMerge.of(stored, remote, retention);
                    if (!merge.needsStoring()) {
                        return ShadowWriter.decided(merge, null);
                    }
                    if (merge.isUnseen()) {
                        return ShadowWriter.decided(merge, merge.nextUnseen());
                    }
                    Uni<HybridTime> beginning = merge.mayTellOfErased()
                            ? history.beginning(id)
                            : Uni.createFrom().item(new HybridTime(0));
                    return beginning.map(from -> new ShadowWriter.Decision<>(merge, merge.next(by, now(), from), true));
                })
                .invoke(done -> {
                    if (done.merge().stateChanged()) {
                        mergeListener.merged(id, done.previous(), done.merge().document());
                    }
                })
                .map(ShadowMerge::merge);
    }

    /**
     * The named shadows of a thing that exist.
     *
     * @param after the name behind which to begin; null for the first
     * @param limit the most names, at least 1
     */
    public Uni<NamePage> names(DeviceId thing, @Nullable String after, int limit) {
        SortRange range = ShadowKeys.documentsAfter(after == null ? "" : after);
        return items.collect(
                        ShadowItems.query(thing, range, Direction.ASCENDING, limit + 1),
                        limit + 1,
                        StoredShadow::of,
                        stored -> stored.document().exists())
                .map(found -> {
                    List<String> names =
                            found.stream().map(stored -> stored.id().name()).toList();
                    return names.size() <= limit
                            ? new NamePage(names, null)
                            : new NamePage(names.subList(0, limit), names.get(limit - 1));
                });
    }

    /** Whether a thing has a shadow. */
    public Uni<Boolean> hasAny(DeviceId thing) {
        return items.collect(
                        ShadowItems.query(thing, ShadowKeys.documents(), Direction.ASCENDING, ERASE_PAGE),
                        1,
                        StoredShadow::of,
                        stored -> stored.document().exists())
                .map(found -> !found.isEmpty());
    }

    /**
     * What happened to a shadow, the latest first; also if it is deleted by now.
     *
     * @param before where an earlier page ended; null for the first
     * @param limit the most changes, at least 1
     * @throws IllegalArgumentException if {@code before} is no place in a history
     */
    public Uni<HistoryPage> history(ShadowId id, @Nullable String before, int limit) {
        if (before != null && !ShadowKeys.isPlace(before)) {
            throw new IllegalArgumentException("no place in a history");
        }
        // The document first: the change that lies with it may move to an item meanwhile, and must not be missed.
        return stored(id).chain(stored -> history.page(id, stored.lastChange(), before, limit));
    }

    /**
     * Erases the shadows of a thing with their histories. Of each a deleted document remains for a time, without anything
     * that was in it: other regions learn from it that it is gone, and cannot bring it back.
     *
     * @return how many there were
     */
    public Uni<Integer> erase(DeviceId thing) {
        return erase(
                thing,
                now(),
                stored -> ShadowErasure.of(stored, stored.document().nextStamp(now(), region), region));
    }

    /**
     * The same of what was written before a time only, to finish an erasure that has begun then: fields that were written since
     * stay. May be repeated.
     *
     * @return how many shadows had anything from before
     */
    public Uni<Integer> erase(DeviceId thing, WriteStamp at) {
        return erase(thing, at.time(), stored -> ShadowErasure.of(stored, at, region));
    }

    /**
     * Erases what has happened to the shadows of a thing before a time, and leaves the documents as they are: where the thing
     * was erased in another region, they come from there. May be repeated.
     */
    public Uni<Void> eraseHistory(DeviceId thing, HybridTime before) {
        return erase(thing, before, stored -> ShadowErasure.ofHistory(stored, before, region))
                .replaceWithVoid();
    }

    /** @param before what happened earlier goes also where there is no document any more */
    private Uni<Integer> erase(DeviceId thing, HybridTime before, Function<StoredShadow, ShadowErasure> erasing) {
        AtomicLong latest = new AtomicLong(before.packed());
        return items.forEachPage(
                        ShadowItems.query(thing, ShadowKeys.documents(), Direction.ASCENDING, ERASE_PAGE),
                        page -> Uni.join()
                                .all(page.stream()
                                        .map(item -> erase(StoredShadow.idOf(item.key()), erasing, latest))
                                        .toList())
                                .andFailFast()
                                .map(done ->
                                        (int) done.stream().filter(did -> did).count()))
                .call(() -> history.erase(thing, new HybridTime(latest.get())));
    }

    /** Whether there was anything to erase. */
    private Uni<Boolean> erase(ShadowId id, Function<StoredShadow, ShadowErasure> erasing, AtomicLong latest) {
        return writer.change(id, stored -> {
                    ShadowErasure erasure = erasing.apply(stored);
                    return Uni.createFrom().item(new ShadowWriter.Decision<>(erasure, erasure.next(), false));
                })
                .call(erasure -> history.beginAt(id, erasure.time()))
                .invoke(erasure -> latest.accumulateAndGet(erasure.time().packed(), Math::max))
                .map(ShadowErasure::existed);
    }

    private StoredShadow deleted(StoredShadow stored, ShadowRequest request, String by) {
        ShadowDocument previous = stored.document();
        WriteStamp stamp = previous.nextStamp(now(), region);
        ShadowDocument document = ShadowDecision.deletion(previous, request, stamp);
        ShadowChange change = new ShadowChange(
                ShadowChange.newId(),
                ShadowChange.Kind.DELETED,
                stamp.time(),
                document.version(),
                by,
                List.of(),
                0,
                List.of());
        return stored.next(document, change);
    }

    private static StoredShadow existing(StoredShadow stored, @Nullable String clientToken) {
        if (!stored.document().exists()) {
            throw new ShadowException(ShadowError.noShadow(stored.id()), clientToken);
        }
        return stored;
    }

    private HybridTime now() {
        return HybridTime.of(clock.millis(), 0);
    }
}
