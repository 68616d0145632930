package io.hearth.shadow;

import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.StampShift;
import io.hearth.model.WriteStamp;
import io.hearth.shadow.document.LostWrite;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.shadow.document.ShadowId;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Write;
import java.util.List;

/**
 * Moves stored shadows and their histories to other write stamps, item by item, after the clock was wrong. To be used while
 * nothing else writes.
 */
public final class ShadowShift {
    private final RegionId region;

    /** @param region of the table */
    public ShadowShift(RegionId region) {
        this.region = region;
    }

    /**
     * Adds the stamps of an item that is of shadows.
     *
     * @throws RuntimeException it is damaged
     */
    public void collect(Item item, StampShift.Builder stamps) {
        if (StoredShadow.isShadow(item.key())) {
            StoredShadow shadow = StoredShadow.of(item);
            shadow.document().forEachStamp(stamp -> add(stamp, stamps));
            if (shadow.lastChange() != null) {
                collect(shadow.lastChange(), stamps);
            }
        } else if (isChange(item.key())) {
            collect(StoredShadow.historyOf(item), stamps);
        }
    }

    private void collect(ShadowChange change, StampShift.Builder stamps) {
        add(new WriteStamp(change.time(), region), stamps);
        change.lost().forEach(lost -> add(lost.stamp(), stamps));
    }

    private void add(WriteStamp stamp, StampShift.Builder stamps) {
        stamps.add(stamp.time().packed());
        if (stamp.region().equals(region)) {
            stamps.addBefore(stamp.time().packed());
        }
    }

    private static boolean isChange(Key key) {
        return ShadowKeys.isHistory(key.sortKey()) && DeviceId.isValid(key.partitionKey());
    }

    /**
     * What to write in place of an item; nothing if it stays.
     *
     * @throws RuntimeException it is damaged
     */
    public List<Write> shift(Item item, StampShift shift) {
        if (StoredShadow.isShadow(item.key())) {
            StoredShadow shadow = StoredShadow.of(item);
            ShadowDocument document = shadow.document().shifted(shift);
            ShadowChange change = shadow.lastChange() == null ? null : shifted(shadow.lastChange(), shift);
            if (change == null || (document.equals(shadow.document()) && change.equals(shadow.lastChange()))) {
                return List.of();
            }
            Item moved = new StoredShadow(shadow.id(), document, change, shadow.itemVersion())
                    .item(change, expiresAt(item, shadow.document(), shift));
            return List.of(new Write.Put(moved));
        }
        if (isChange(item.key())) {
            ShadowChange change = StoredShadow.historyOf(item);
            ShadowChange to = shifted(change, shift);
            if (to.equals(change)) {
                return List.of();
            }
            ShadowId id = ShadowKeys.historyId(item.key());
            long expiresAtSeconds = shift.expiresAtSeconds(item.expiresAtSeconds(), change.time());
            return List.of(
                    new Write.Delete(item.key()), new Write.Put(StoredShadow.historyItem(id, to, expiresAtSeconds)));
        }
        return List.of();
    }

    private static long expiresAt(Item item, ShadowDocument document, StampShift shift) {
        WriteStamp last = document.lastWrite();
        return last == null ? item.expiresAtSeconds() : shift.expiresAtSeconds(item.expiresAtSeconds(), last.time());
    }

    private static ShadowChange shifted(ShadowChange change, StampShift shift) {
        return new ShadowChange(
                change.id(),
                change.kind(),
                new HybridTime(shift.stamp(change.time().packed())),
                change.version(),
                change.by(),
                change.fields(),
                change.moreFields(),
                change.lost().stream()
                        .map(lost -> new LostWrite(lost.pointer(), shift.stamp(lost.stamp()), lost.value()))
                        .toList());
    }
}
