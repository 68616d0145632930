package io.hearth.shadow;

import io.hearth.model.HybridTime;
import io.hearth.shadow.document.ChangedFields;
import io.hearth.shadow.document.DocumentFormat;
import io.hearth.shadow.document.LostWrite;
import io.hearth.shadow.document.RegionMerge;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.shadow.document.TombstoneBound;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What the document of another region makes of a stored shadow.
 *
 * @param previous the document until then, without the tombstones whose time is over
 * @param needsStoring false if there is nothing new in it, or only what is forgotten by now
 */
record ShadowMerge(StoredShadow stored, ShadowDocument previous, RegionMerge merge, boolean needsStoring) {
    /** An entry of the history has at most so many bytes of writes that lost. */
    static final int MAX_LOST_BYTES = 64 * 1024;

    static ShadowMerge of(StoredShadow stored, ShadowDocument remote, TombstoneRetention retention) {
        ShadowDocument local = retention.pruned(stored.document());
        RegionMerge merge = mergeOf(local, remote, retention);
        boolean isOfTheForgotten =
                !merge.stateChanged() && !merge.document().exists() && retention.isForgotten(merge.document());
        return new ShadowMerge(stored, local, merge, merge.needsStoring() && !isOfTheForgotten);
    }

    /**
     * A tombstone removes what is older here however late it comes, and is then remembered anew for others that learn of it from
     * here. An old one that removes nothing is left out, or two regions would remind each other of it for ever.
     */
    private static RegionMerge mergeOf(ShadowDocument local, ShadowDocument remote, TombstoneRetention retention) {
        RegionMerge merge = RegionMerge.of(local, remote);
        return merge.stateChanged() ? merge : RegionMerge.of(local, retention.pruned(remote));
    }

    /** Whether clients see nothing of it, and no write has lost: then the last change stays what it is. */
    boolean isUnseen() {
        return stored.lastChange() != null
                && !merge.stateChanged()
                && merge.lost().isEmpty();
    }

    /** What to store if it {@link #isUnseen}. */
    StoredShadow nextUnseen() {
        return stored.next(bounded(), Objects.requireNonNull(stored.lastChange()));
    }

    /** Whether its change could tell of what was written before an erasure. */
    boolean mayTellOfErased() {
        return !merge.lost().isEmpty() || !merge.document().exists();
    }

    /**
     * What to store, with a change for the history.
     *
     * @param by which peer the document came from
     * @param beginning of the history: nothing that was written before is told
     */
    StoredShadow next(String by, HybridTime now, HybridTime beginning) {
        ShadowDocument document = bounded();
        ShadowChange last = stored.lastChange();
        HybridTime from = last != null
                        && last.kind() == ShadowChange.Kind.ERASED
                        && last.time().compareTo(beginning) > 0
                ? last.time()
                : beginning;
        // What an erasure elsewhere has removed is not told by name.
        boolean erases = from.packed() > 0 && document.isBare();
        ChangedFields fields =
                ChangedFields.between(erases ? ShadowDocument.NONE : previous, erases ? ShadowDocument.NONE : document);
        long time = Math.max(now.packed(), last == null ? 0 : last.time().packed() + 1);
        ShadowChange change = new ShadowChange(
                        ShadowChange.newId(),
                        ShadowChange.Kind.MERGED,
                        new HybridTime(time),
                        document.version(),
                        by,
                        fields.pointers(),
                        fields.more(),
                        bounded(merge.lost()))
                .withoutLostBefore(from);
        return stored.next(document, change);
    }

    private ShadowDocument bounded() {
        return TombstoneBound.apply(merge.document());
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
