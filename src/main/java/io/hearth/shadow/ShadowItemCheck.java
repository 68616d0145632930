package io.hearth.shadow;

import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.layout.DeviceItems;
import io.hearth.table.Item;

/** Reads any item that this room stores, all of it, to find those that are not what was written. */
public final class ShadowItemCheck {
    private ShadowItemCheck() {}

    /**
     * Reads an item of a device.
     *
     * @return whether it is of a kind that this room stores
     * @throws UnsupportedFormatException a later build has written it
     * @throws RuntimeException of any other kind if it is damaged
     */
    public static boolean check(Item item) {
        byte[] sortKey = item.key().sortKey().array();
        switch (sortKey.length == 0 ? 0 : sortKey[0]) {
            case DeviceItems.SHADOW -> StoredShadow.of(item);
            case DeviceItems.SHADOW_CHANGE -> StoredShadow.historyOf(item);
            case DeviceItems.SHADOW_BEGINNING -> ShadowHistory.beginningOf(item);
            default -> {
                return false;
            }
        }
        return true;
    }
}
