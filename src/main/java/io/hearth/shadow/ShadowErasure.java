package io.hearth.shadow;

import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.shadow.document.RegionMerge;
import io.hearth.shadow.document.ShadowDocument;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the erasure of a device makes of one of its shadows.
 *
 * @param existed whether there was anything to erase
 * @param time what happened to the shadow before is not told any more
 * @param next what to store; null if nothing needs to be
 */
record ShadowErasure(
        boolean existed, HybridTime time, @Nullable StoredShadow next) {

    /** Of everything that was written before {@code at}; what was written later stays. */
    static ShadowErasure of(StoredShadow stored, WriteStamp at, RegionId region) {
        ShadowDocument document = stored.document();
        ShadowChange last = stored.lastChange();
        if (last == null) {
            return new ShadowErasure(false, at.time(), null);
        }
        if (last.kind() == ShadowChange.Kind.ERASED && document.isBare()) {
            return new ShadowErasure(false, last.time(), null);
        }
        RegionMerge merge = RegionMerge.of(document, ShadowDocument.deletedAt(at));
        boolean isNews = !merge.document().root().equals(document.root());
        if (!isNews || merge.document().exists()) {
            return keeping(stored, isNews ? merge.document() : document, at.time(), merge.stateChanged());
        }
        ShadowDocument deleted = new ShadowDocument(
                document.version(), merge.document().seen(), merge.document().root());
        return erased(stored, deleted, at.time(), region);
    }

    /** Of what happened to the shadow before a time; the document stays as it is. */
    static ShadowErasure ofHistory(StoredShadow stored, HybridTime before, RegionId region) {
        ShadowDocument document = stored.document();
        ShadowChange last = stored.lastChange();
        if (last == null || last.kind() == ShadowChange.Kind.ERASED) {
            return new ShadowErasure(false, before, null);
        }
        return last.time().compareTo(before) < 0 || document.isBare()
                ? erased(stored, document, before, region)
                : keeping(stored, document, before, false);
    }

    /** The last change is of a later time, and stays the last one. */
    private static ShadowErasure keeping(
            StoredShadow stored, ShadowDocument document, HybridTime before, boolean existed) {
        ShadowChange last = Objects.requireNonNull(stored.lastChange());
        ShadowChange left = last.withoutLostBefore(before);
        boolean isSame = left.equals(last) && document.equals(stored.document());
        // Another id, by which a writer knows its own write again.
        return new ShadowErasure(existed, before, isSame ? null : stored.next(document, left.withNewId()));
    }

    private static ShadowErasure erased(
            StoredShadow stored, ShadowDocument document, HybridTime before, RegionId region) {
        ShadowChange last = stored.lastChange();
        long time = Math.max(before.packed(), last == null ? 0 : last.time().packed() + 1);
        ShadowChange change = new ShadowChange(
                ShadowChange.newId(),
                ShadowChange.Kind.ERASED,
                new HybridTime(time),
                document.version(),
                "region:" + region.value(),
                List.of(),
                0,
                List.of());
        return new ShadowErasure(stored.document().exists(), change.time(), stored.next(document, change));
    }
}
