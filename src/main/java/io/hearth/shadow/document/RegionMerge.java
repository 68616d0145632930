package io.hearth.shadow.document;

import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * One shadow as two regions have it, merged per field: the later write wins, ties go to the greater region id. Commutative,
 * associative and idempotent in all but the version, which stays the local one's.
 *
 * @param document what to store locally; its version is one more than the local one's if its state changed
 * @param needsStoring whether the local region learned anything, be it only a tombstone
 * @param stateChanged whether what a client sees has changed: the state, or when a field of it was written
 * @param lost writes of either side that lost against one that had not seen them, to be counted and kept as history
 */
public record RegionMerge(ShadowDocument document, boolean needsStoring, boolean stateChanged, List<LostWrite> lost) {
    public RegionMerge {
        lost = List.copyOf(lost);
    }

    /**
     * Merges the document of another region into the local one.
     *
     * @param local {@link ShadowDocument#NONE} if there is none
     */
    public static RegionMerge of(ShadowDocument local, ShadowDocument remote) {
        Node root = Node.join(local.root(), remote.root());
        TreeMap<RegionId, HybridTime> seen = new TreeMap<>(local.seen());
        remote.seen().forEach((region, time) -> seen.merge(region, time, RegionMerge::later));
        boolean needsStoring = !root.equals(local.root()) || !seen.equals(local.seen());
        boolean stateChanged = !root.equals(local.root()) && !Objects.equals(View.of(root), View.of(local.root()));
        ShadowDocument merged = new ShadowDocument(local.version() + (stateChanged ? 1 : 0), seen, root);
        List<LostWrite> lost = lost(local, merged, remote);
        lost.addAll(lost(remote, merged, local));
        return new RegionMerge(merged, needsStoring, stateChanged, lost);
    }

    private static HybridTime later(HybridTime one, HybridTime other) {
        return one.compareTo(other) >= 0 ? one : other;
    }

    /**
     * The fields whose write is in {@code mine}, but not in {@code merged}, although {@code other} had not seen it: two regions wrote
     * them without knowing of each other, and the write in {@code mine} lost. Writes of the same value are no conflict.
     */
    private static List<LostWrite> lost(ShadowDocument mine, ShadowDocument merged, ShadowDocument other) {
        List<LostWrite> lost = new ArrayList<>();
        collectLost(mine.root(), merged.root(), "", other, lost);
        return lost;
    }

    private static void collectLost(
            Node mine, Node merged, String pointer, ShadowDocument other, List<LostWrite> lost) {
        Node.Assignment written = mine.assigned();
        if (written != null && !mine.isObject() && !other.hasSeen(written.stamp())) {
            JsonValue now = merged.isPresent() ? merged.leaf() : JsonValue.Null.NULL;
            if (now == null || !now.isSameAs(written.value())) {
                lost.add(new LostWrite(pointer, written.stamp(), written.value()));
            }
        }
        for (Map.Entry<String, Node> child : mine.children().entrySet()) {
            String childPointer = ChangedFields.child(pointer, child.getKey());
            collectLost(child.getValue(), merged.child(child.getKey()), childPointer, other, lost);
        }
    }
}
