package io.hearth.shadow;

import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.shadow.document.ChangedFields;
import io.hearth.shadow.document.DocumentFormat;
import io.hearth.shadow.document.Limits;
import io.hearth.shadow.document.LostWrite;
import io.hearth.shadow.document.RegionMerge;
import io.hearth.shadow.document.ShadowDecision;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.shadow.document.ShadowError;
import io.hearth.shadow.document.ShadowException;
import io.hearth.shadow.document.ShadowId;
import io.hearth.shadow.document.ShadowRequest;
import io.hearth.shadow.document.ShadowUpdate;
import io.hearth.shadow.document.TombstoneBound;
import io.hearth.table.ConditionFailedException;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The shadows of things, on a table. Each write is conditional on the item that it was decided on, and decided again when
 * another writer came first, so no update is lost whoever writes, from however many processes.
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

    /** An entry of the history has at most so many bytes of writes that lost. */
    private static final int MAX_LOST_BYTES = 64 * 1024;

    private static final int ERASE_PAGE = 100;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(2);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(100);
    private static final long PATIENCE_MILLIS = 30_000;

    private final Table table;
    private final RegionId region;
    private final InstantSource clock;
    private final Settings settings;
    private final ShadowItems items;
    private final ShadowHistory history;
    private volatile MergeListener mergeListener = (id, previous, current) -> {};

    public ShadowStore(Table table, RegionId region, InstantSource clock, Settings settings) {
        this.table = table;
        this.region = region;
        this.clock = clock;
        this.settings = settings;
        items = new ShadowItems(table);
        history = new ShadowHistory(table, clock, settings.historyKept(), settings.keptAfterDelete());
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
        return table.get(ShadowKeys.document(id), Consistency.STRONG)
                .map(item -> item.map(StoredShadow::of).orElseGet(() -> StoredShadow.none(id)));
    }

    /**
     * Changes a shadow, or makes it.
     *
     * @param by who asks, for the history
     */
    public Uni<ShadowUpdate> update(ShadowId id, ShadowRequest request, String by) {
        ChangedFields fields = ChangedFields.of(request.state());
        return change(id, stored -> {
            ShadowDocument previous = pruned(stored.document());
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
            return decided(update, stored.next(current, change));
        });
    }

    /**
     * Deletes a shadow. What is answered keeps the version, as the table does for a time.
     *
     * @param by who asks, for the history
     */
    public Uni<ShadowDocument> delete(ShadowId id, ShadowRequest request, String by) {
        return change(id, stored -> {
            existing(stored, request.clientToken());
            StoredShadow deleted = deleted(stored, request, by);
            return decided(deleted.document(), deleted);
        });
    }

    /**
     * Merges the document of another region into the local one, per field. Writes nothing if there is nothing new in it.
     *
     * @param by which peer it came from, for the history
     */
    public Uni<RegionMerge> merge(ShadowId id, ShadowDocument remote, String by) {
        return change(id, stored -> {
                    ShadowDocument local = pruned(stored.document());
                    RegionMerge merge = mergeOf(local, remote);
                    boolean isOfTheForgotten =
                            !merge.stateChanged() && !merge.document().exists() && isForgotten(merge.document());
                    if (!merge.needsStoring() || isOfTheForgotten) {
                        return decided(new Merge(local, merge), null);
                    }
                    ShadowChange last = stored.lastChange();
                    if (last != null && !merge.stateChanged() && merge.lost().isEmpty()) {
                        return decided(new Merge(local, merge), stored.next(bounded(merge), last));
                    }
                    boolean mayTellOfErased =
                            !merge.lost().isEmpty() || !merge.document().exists();
                    Uni<HybridTime> beginning = mayTellOfErased
                            ? history.beginning(id)
                            : Uni.createFrom().item(new HybridTime(0));
                    return beginning.map(from -> new Decision<>(
                            new Merge(local, merge),
                            stored.next(bounded(merge), merged(stored, local, merge, by, from)),
                            true));
                })
                .invoke(done -> {
                    if (done.merge.stateChanged()) {
                        mergeListener.merged(id, done.previous, done.merge.document());
                    }
                })
                .map(Merge::merge);
    }

    /**
     * A tombstone removes what is older here however late it comes, and is then remembered anew for who learns of it from here.
     * An old one that removes nothing is left out, or two regions would remind each other of it for ever.
     */
    private RegionMerge mergeOf(ShadowDocument local, ShadowDocument remote) {
        RegionMerge merge = RegionMerge.of(local, remote);
        return merge.stateChanged() ? merge : RegionMerge.of(local, pruned(remote));
    }

    private static ShadowDocument bounded(RegionMerge merge) {
        return TombstoneBound.apply(merge.document());
    }

    /** @param beginning of the history: nothing that was written before is told */
    private ShadowChange merged(
            StoredShadow stored, ShadowDocument local, RegionMerge merge, String by, HybridTime beginning) {
        ShadowChange last = stored.lastChange();
        ShadowDocument document = bounded(merge);
        HybridTime from = last != null
                        && last.kind() == ShadowChange.Kind.ERASED
                        && last.time().compareTo(beginning) > 0
                ? last.time()
                : beginning;
        // What an erasure elsewhere has removed is not told by name.
        boolean erases = from.packed() > 0 && document.isBare();
        ChangedFields fields =
                ChangedFields.between(erases ? ShadowDocument.NONE : local, erases ? ShadowDocument.NONE : document);
        long time = Math.max(now().packed(), last == null ? 0 : last.time().packed() + 1);
        return new ShadowChange(
                        ShadowChange.newId(),
                        ShadowChange.Kind.MERGED,
                        new HybridTime(time),
                        document.version(),
                        by,
                        fields.pointers(),
                        fields.more(),
                        bounded(merge.lost()))
                .withoutLostBefore(from);
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
        return change(id, stored -> {
                    ShadowErasure erasure = erasing.apply(stored);
                    return Uni.createFrom().item(new Decision<>(erasure, erasure.next(), false));
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

    private record Merge(ShadowDocument previous, RegionMerge merge) {}

    /**
     * What to answer, and what to store in place of what is there; null to store nothing.
     *
     * @param keepsLast whether the change that is the last one until then moves to the history
     */
    private record Decision<T>(T answer, @Nullable StoredShadow next, boolean keepsLast) {}

    private static <T> Uni<Decision<T>> decided(T answer, @Nullable StoredShadow next) {
        return Uni.createFrom().item(new Decision<>(answer, next, true));
    }

    /** Reads, decides, and writes on condition that what was read is still there; else all over again. */
    private <T> Uni<T> change(ShadowId id, Function<StoredShadow, Uni<Decision<T>>> decide) {
        Attempt<T> attempt = new Attempt<>(decide);
        return Uni.createFrom()
                .deferred(() -> stored(id).chain(attempt::on))
                .onFailure(failure ->
                        failure instanceof ConditionFailedException || failure instanceof OutcomeUnknownException)
                .retry()
                .withBackOff(FIRST_PAUSE, LONGEST_PAUSE)
                .withJitter(0.5)
                .expireIn(PATIENCE_MILLIS);
    }

    /** One change on its way, which remembers what it wrote in case the table cannot tell whether that is stored. */
    private final class Attempt<T> {
        private final Function<StoredShadow, Uni<Decision<T>>> decide;
        private final List<Decision<T>> unknown = new ArrayList<>(0);

        Attempt(Function<StoredShadow, Uni<Decision<T>>> decide) {
            this.decide = decide;
        }

        Uni<T> on(StoredShadow stored) {
            for (Decision<T> earlier : unknown) {
                if (isWritten(earlier.next, stored)) {
                    return Uni.createFrom().item(earlier.answer);
                }
            }
            return decide.apply(stored).chain(decision -> {
                StoredShadow next = decision.next;
                return next == null
                        ? Uni.createFrom().item(decision.answer)
                        : write(stored, next, decision.keepsLast)
                                .onFailure(OutcomeUnknownException.class)
                                .invoke(() -> unknown.add(decision))
                                .replaceWith(decision.answer);
            });
        }

        private static boolean isWritten(@Nullable StoredShadow written, StoredShadow stored) {
            return written != null
                    && written.lastChange() != null
                    && stored.lastChange() != null
                    && written.lastChange().id() == stored.lastChange().id();
        }
    }

    private Uni<Void> write(StoredShadow before, StoredShadow next, boolean keepsLast) {
        ShadowChange change = next.lastChange();
        if (change == null) {
            throw new IllegalStateException("a write without a change");
        }
        long expiresAtSeconds = next.document().exists() ? 0 : rememberedUntil(next.document());
        Uni<Void> put = table.put(next.item(change, expiresAtSeconds), before.condition());
        ShadowChange moving = before.lastChange();
        if (moving == null || moving.id() == change.id() || !keepsLast || !history.isKept(moving)) {
            return put;
        }
        // The change that was last goes to its own item no later than the next one takes its place. Both are under way
        // at
        // once; whoever writes it again writes the same.
        return Uni.combine().all().unis(history.add(next.id(), moving), put).discardItems();
    }

    /** Of a deletion that came when others had forgotten it already, as long from now on. */
    private long rememberedUntil(ShadowDocument deleted) {
        return isForgotten(deleted)
                ? clock.instant().plus(settings.keptAfterDelete()).getEpochSecond()
                : expiryOf(deleted);
    }

    /** From when on nobody remembers a deleted document: the same in every region. */
    private long expiryOf(ShadowDocument deleted) {
        return deleted.lastWrittenMillis() / 1000 + settings.keptAfterDelete().toSeconds();
    }

    private boolean isForgotten(ShadowDocument deleted) {
        return expiryOf(deleted) <= clock.instant().getEpochSecond();
    }

    private ShadowDocument pruned(ShadowDocument document) {
        return document.withoutTombstonesBefore(
                clock.millis() - settings.keptAfterDelete().toMillis());
    }

    private HybridTime now() {
        return HybridTime.of(clock.millis(), 0);
    }

    private static List<LostWrite> bounded(List<LostWrite> lost) {
        List<LostWrite> kept = new ArrayList<>(lost.size());
        int bytes = 0;
        for (LostWrite write : lost) {
            bytes += DocumentFormat.sizeOf(write.value()) + write.pointer().length();
            if (bytes > MAX_LOST_BYTES) {
                break;
            }
            kept.add(write);
        }
        return kept;
    }
}
