package io.hearth.shadow;

import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.table.ConditionFailedException;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Predicate;
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
     * @param keptAfterDelete how long a deleted shadow's version and a removed field's tombstone are remembered
     * @param historyKept how long changes are kept; zero for not at all
     */
    public record Settings(Limits limits, Duration keptAfterDelete, Duration historyKept) {}

    /** An entry of the history has at most so many bytes of writes that lost. */
    private static final int MAX_LOST_BYTES = 64 * 1024;

    private static final System.Logger LOG = System.getLogger(ShadowStore.class.getName());
    private static final int HISTORY_ATTEMPTS = 5;
    private static final int ERASE_PAGE = 100;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(2);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(100);
    private static final long PATIENCE_MILLIS = 30_000;

    private final Table table;
    private final RegionId region;
    private final InstantSource clock;
    private final Settings settings;
    private volatile MergeListener mergeListener = (id, previous, current) -> {};

    public ShadowStore(Table table, RegionId region, InstantSource clock, Settings settings) {
        this.table = table;
        this.region = region;
        this.clock = clock;
        this.settings = settings;
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

    /** Changes a shadow, or makes it. @param by who asks, for the history */
    public Uni<ShadowUpdate> update(ShadowId id, ShadowRequest request, String by) {
        ChangedFields fields = ChangedFields.of(request.state());
        return change(id, stored -> {
            ShadowDocument previous = pruned(stored.document());
            WriteStamp stamp = previous.nextStamp(now(), region);
            ShadowUpdate update = ShadowUpdate.of(previous, request, stamp, settings.limits());
            ShadowDocument current = update.current().withBoundedTombstones();
            ShadowChange change = new ShadowChange(
                    newId(),
                    ShadowChange.Kind.UPDATED,
                    stamp.time(),
                    current.version(),
                    by,
                    fields.pointers(),
                    fields.more(),
                    List.of());
            return new Decision<>(update, stored.next(current, change));
        });
    }

    /** Deletes a shadow. What is answered keeps the version, as the table does for a time. @param by who asks */
    public Uni<ShadowDocument> delete(ShadowId id, ShadowRequest request, String by) {
        return change(id, stored -> {
            existing(stored, request.clientToken());
            StoredShadow deleted = deleted(stored, request, ShadowChange.Kind.DELETED, by);
            return new Decision<>(deleted.document(), deleted);
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
                    RegionMerge merge = RegionMerge.of(local, pruned(remote));
                    if (!merge.needsStoring() || !merge.document().exists() && isForgotten(merge.document())) {
                        return new Decision<>(new Merge(local, merge), null);
                    }
                    ShadowDocument merged = merge.document().withBoundedTombstones();
                    ShadowChange last = stored.lastChange();
                    ShadowChange change = last;
                    if (merge.stateChanged() || !merge.lost().isEmpty() || change == null) {
                        ChangedFields fields = ChangedFields.between(local.root(), merged.root());
                        long time = Math.max(
                                now().packed(), last == null ? 0 : last.time().packed() + 1);
                        change = new ShadowChange(
                                newId(),
                                ShadowChange.Kind.MERGED,
                                new HybridTime(time),
                                merged.version(),
                                by,
                                fields.pointers(),
                                fields.more(),
                                bounded(merge.lost()));
                    }
                    return new Decision<>(new Merge(local, merge), stored.next(merged, change));
                })
                .invoke(done -> {
                    if (done.merge.stateChanged()) {
                        mergeListener.merged(id, done.previous, done.merge.document());
                    }
                })
                .map(Merge::merge);
    }

    /**
     * The named shadows of a thing that exist.
     *
     * @param after the name behind which to begin; null for the first
     * @param limit the most names, at least 1
     */
    public Uni<NamePage> names(DeviceId thing, @Nullable String after, int limit) {
        SortRange range = ShadowKeys.documentsAfter(after == null ? "" : after);
        return collect(
                        query(thing, range, Direction.ASCENDING, limit + 1),
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
        Uni<List<ShadowChange>> moved = collect(
                query(id.thing(), ShadowKeys.historyBefore(id, before), Direction.DESCENDING, limit + 2),
                limit + 2,
                StoredShadow::historyOf,
                change -> true);
        // The document first: the change that lies with it may move to an item meanwhile, and must not be missed.
        return stored(id)
                .chain(stored -> moved.map(changes -> {
                    List<ShadowChange> all = new ArrayList<>(limit + 2);
                    ShadowChange last = stored.lastChange();
                    if (last != null
                            && (before == null || ShadowKeys.placeOf(last).compareTo(before) < 0)
                            && isKept(last)) {
                        all.add(last);
                    }
                    changes.stream()
                            .filter(change -> last == null || change.id() != last.id())
                            .forEach(all::add);
                    all.sort((one, other) -> ShadowKeys.placeOf(other).compareTo(ShadowKeys.placeOf(one)));
                    return all.size() <= limit
                            ? new HistoryPage(all, null)
                            : new HistoryPage(all.subList(0, limit), ShadowKeys.placeOf(all.get(limit - 1)));
                }));
    }

    /**
     * Erases the shadows of a thing with their histories. Of each a deleted document remains for a time, without anything
     * that was in it: other regions learn from it that it is gone, and cannot bring it back.
     *
     * @return how many there were
     */
    public Uni<Integer> erase(DeviceId thing) {
        Query shadows = query(thing, ShadowKeys.documents(), Direction.ASCENDING, ERASE_PAGE);
        return forEachPage(shadows, items -> {
                    List<Uni<Boolean>> erased = items.stream()
                            .map(item -> erase(StoredShadow.idOf(item.key())))
                            .toList();
                    return Uni.join().all(erased).andFailFast().map(existed ->
                            (int) existed.stream().filter(did -> did).count());
                })
                .call(() -> forEachPage(
                        query(thing, ShadowKeys.histories(), Direction.ASCENDING, ERASE_PAGE), this::delete));
    }

    /** Whether there was one. */
    private Uni<Boolean> erase(ShadowId id) {
        String by = "region:" + region.value();
        return change(
                id,
                stored -> new Decision<>(
                        stored.document().exists(), deleted(stored, ShadowRequest.BARE, ShadowChange.Kind.ERASED, by)));
    }

    private Uni<Integer> delete(List<Item> items) {
        List<Write> deletes = new ArrayList<>(items.size());
        items.forEach(item -> deletes.add(new Write.Delete(item.key())));
        return table.write(deletes).replaceWith(items.size());
    }

    private StoredShadow deleted(StoredShadow stored, ShadowRequest request, ShadowChange.Kind kind, String by) {
        ShadowDocument previous = stored.document();
        WriteStamp stamp = previous.nextStamp(now(), region);
        ShadowDocument document = ShadowUpdate.deletion(previous, request, stamp);
        ShadowChange change =
                new ShadowChange(newId(), kind, stamp.time(), document.version(), by, List.of(), 0, List.of());
        return stored.next(document, change);
    }

    private static StoredShadow existing(StoredShadow stored, @Nullable String clientToken) {
        if (!stored.document().exists()) {
            throw new ShadowException(ShadowError.noShadow(stored.id()), clientToken);
        }
        return stored;
    }

    private record Merge(ShadowDocument previous, RegionMerge merge) {}

    /** What to answer, and what to store in place of what is there; null to store nothing. */
    private record Decision<T>(T answer, @Nullable StoredShadow next) {}

    /** Reads, decides, and writes on condition that what was read is still there; else all over again. */
    private <T> Uni<T> change(ShadowId id, Function<StoredShadow, Decision<T>> decide) {
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
        private final Function<StoredShadow, Decision<T>> decide;
        private final List<Decision<T>> unknown = new ArrayList<>(0);

        Attempt(Function<StoredShadow, Decision<T>> decide) {
            this.decide = decide;
        }

        Uni<T> on(StoredShadow stored) {
            for (Decision<T> earlier : unknown) {
                if (isWritten(earlier.next, stored)) {
                    return Uni.createFrom().item(earlier.answer);
                }
            }
            Decision<T> decision = decide.apply(stored);
            if (decision.next == null) {
                return Uni.createFrom().item(decision.answer);
            }
            return write(stored, decision.next)
                    .onFailure(OutcomeUnknownException.class)
                    .invoke(() -> unknown.add(decision))
                    .replaceWith(decision.answer);
        }

        private static boolean isWritten(@Nullable StoredShadow written, StoredShadow stored) {
            return written != null
                    && written.lastChange() != null
                    && stored.lastChange() != null
                    && written.lastChange().id() == stored.lastChange().id();
        }
    }

    private Uni<Void> write(StoredShadow before, StoredShadow next) {
        ShadowChange change = next.lastChange();
        if (change == null) {
            throw new IllegalStateException("a write without a change");
        }
        long expiresAtSeconds = next.document().exists() ? 0 : expiryOf(next.document());
        Uni<Void> put = table.put(next.item(change, expiresAtSeconds), before.condition());
        ShadowChange moving = before.lastChange();
        boolean erases = change.kind() == ShadowChange.Kind.ERASED;
        if (moving == null || moving.id() == change.id() || erases || !isKept(moving)) {
            return put;
        }
        // The change that was last goes to its own item no later than the next one takes its place. Both are under way
        // at
        // once; whoever writes it again writes the same.
        Item history = StoredShadow.historyItem(next.id(), moving, historyExpiry(moving));
        Uni<Void> move = table.write(List.of(new Write.Put(history)))
                .onFailure()
                .retry()
                .withBackOff(FIRST_PAUSE, LONGEST_PAUSE)
                .atMost(HISTORY_ATTEMPTS)
                .onFailure()
                .recoverWithUni(failure -> {
                    // The update is what was asked for, and it does not fail for this.
                    LOG.log(System.Logger.Level.WARNING, "a shadow's history lacks a change", failure);
                    return Uni.createFrom().voidItem();
                });
        return Uni.combine().all().unis(move, put).discardItems();
    }

    private boolean isKept(ShadowChange change) {
        return historyExpiry(change) > clock.instant().getEpochSecond();
    }

    private long historyExpiry(ShadowChange change) {
        return change.time().physicalMillis() / 1000 + settings.historyKept().toSeconds();
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

    private static long newId() {
        return ThreadLocalRandom.current().nextLong();
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

    private static Query query(DeviceId thing, SortRange range, Direction direction, int limit) {
        return new Query(thing.value(), range, direction, limit, null, Consistency.STRONG);
    }

    /** The first {@code limit} items that are wanted, over as many pages as it takes. */
    private <T> Uni<List<T>> collect(Query query, int limit, Function<Item, T> decode, Predicate<T> wanted) {
        List<T> found = new ArrayList<>();
        return collect(query, limit, decode, wanted, found);
    }

    private <T> Uni<List<T>> collect(
            Query query, int limit, Function<Item, T> decode, Predicate<T> wanted, List<T> found) {
        return table.query(query).chain(page -> {
            page.items().stream()
                    .map(decode)
                    .filter(wanted)
                    .limit(limit - found.size())
                    .forEach(found::add);
            Cursor next = page.next();
            return next == null || found.size() >= limit
                    ? Uni.createFrom().item(found)
                    : collect(query.from(next), limit, decode, wanted, found);
        });
    }

    /** Works through a query page by page; the sum of what the pages counted. */
    private Uni<Integer> forEachPage(Query query, Function<List<Item>, Uni<Integer>> work) {
        return table.query(query).chain(page -> {
            Uni<Integer> done = page.items().isEmpty() ? Uni.createFrom().item(0) : work.apply(page.items());
            Cursor next = page.next();
            return next == null
                    ? done
                    : done.chain(count -> forEachPage(query.from(next), work).map(more -> count + more));
        });
    }
}
