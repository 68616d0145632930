package io.hearth.shadow;

import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import java.util.ArrayList;
import java.util.List;
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
        List<LostWrite> lost = new ArrayList<>(local.lostIn(merged, remote));
        lost.addAll(remote.lostIn(merged, local));
        return new RegionMerge(merged, needsStoring, stateChanged, lost);
    }

    private static HybridTime later(HybridTime one, HybridTime other) {
        return one.compareTo(other) >= 0 ? one : other;
    }
}
