package io.hearth.shadow;

import io.hearth.layout.DeviceItems;
import io.hearth.model.DeviceId;
import io.hearth.shadow.document.ShadowId;
import io.hearth.table.Bytes;
import io.hearth.table.Key;
import io.hearth.table.SortRange;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/*
 * Sort keys of shadows in the partition of their device, which series' and presence's keys share.
 *
 *   document   40 | name, ASCII, nothing for the classic shadow
 *   change     41 | name | 00 | [8] hybrid time | [8] id
 *   beginning  42 | name, of the history after an erasure
 *
 * A change needs a new format version; StoredShadowGoldenTest pins the bytes.
 */
final class ShadowKeys {
    private static final int PLACE_BYTES = 16;

    private ShadowKeys() {}

    static Key document(ShadowId id) {
        return new Key(id.thing().value(), documentKey(id.name()));
    }

    private static Bytes documentKey(String name) {
        return key(DeviceItems.SHADOW, name, 0).wrapped();
    }

    static boolean isDocument(Bytes sortKey) {
        return sortKey.array()[0] == DeviceItems.SHADOW;
    }

    static boolean isHistory(Bytes sortKey) {
        return sortKey.length() > PLACE_BYTES + 1 && sortKey.array()[0] == DeviceItems.SHADOW_CHANGE;
    }

    /** The shadow of a change, by the key of that. */
    static ShadowId historyId(Key change) {
        byte[] sortKey = change.sortKey().array();
        String name = new String(sortKey, 1, sortKey.length - 2 - PLACE_BYTES, StandardCharsets.US_ASCII);
        return new ShadowId(new DeviceId(change.partitionKey()), name);
    }

    /** Every shadow of a thing, the classic one first. */
    static SortRange documents() {
        return SortRange.prefix(Bytes.wrap(new byte[] {DeviceItems.SHADOW}));
    }

    /** The named shadows behind {@code name}; behind the empty name all of them. */
    static SortRange documentsAfter(String name) {
        return new SortRange(
                key(DeviceItems.SHADOW, name, 1).wrapped(), documents().end());
    }

    static Key history(ShadowId id, ShadowChange change) {
        KeyBytes key = key(DeviceItems.SHADOW_CHANGE, id.name(), 1 + PLACE_BYTES);
        key.rest().put((byte) 0).putLong(change.time().packed()).putLong(change.id());
        return new Key(id.thing().value(), key.wrapped());
    }

    /** The changes of one shadow before {@code place}; null for all of them. */
    static SortRange historyBefore(ShadowId id, @Nullable String place) {
        Bytes start = key(DeviceItems.SHADOW_CHANGE, id.name(), 1).wrapped();
        if (place == null) {
            return SortRange.prefix(start);
        }
        KeyBytes end = key(DeviceItems.SHADOW_CHANGE, id.name(), 1 + PLACE_BYTES);
        end.rest().put((byte) 0).put(HexFormat.of().parseHex(place));
        return new SortRange(start, end.wrapped());
    }

    /** The changes of all shadows of a thing. */
    static SortRange histories() {
        return SortRange.prefix(Bytes.wrap(new byte[] {DeviceItems.SHADOW_CHANGE}));
    }

    static Key beginning(ShadowId id) {
        return new Key(
                id.thing().value(),
                key(DeviceItems.SHADOW_BEGINNING, id.name(), 0).wrapped());
    }

    /** Where a change is in the history of its shadow, as text whose order is that of the history. */
    static String placeOf(ShadowChange change) {
        return HexFormat.of().toHexDigits(change.time().packed())
                + HexFormat.of().toHexDigits(change.id());
    }

    static boolean isPlace(String text) {
        return text.length() == 2 * PLACE_BYTES && text.chars().allMatch(HexFormat::isHexDigit);
    }

    private static KeyBytes key(byte kind, String name, int more) {
        byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
        byte[] bytes = new byte[1 + ascii.length + more];
        ByteBuffer rest = ByteBuffer.wrap(bytes).put(kind).put(ascii);
        return new KeyBytes(bytes, rest);
    }

    private record KeyBytes(byte[] bytes, ByteBuffer rest) {
        Bytes wrapped() {
            return Bytes.wrap(bytes);
        }
    }
}
