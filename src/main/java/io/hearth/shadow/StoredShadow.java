package io.hearth.shadow;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.shadow.document.DocumentFormat;
import io.hearth.shadow.document.LostWrite;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.shadow.document.ShadowId;
import io.hearth.table.Bytes;
import io.hearth.table.Condition;
import io.hearth.table.Item;
import io.hearth.table.Key;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A shadow as the table has it: the document, deleted ones included, and what its last write did.
 *
 * <p>Body, format 1: {@code [1] format | change | document}, by {@link DocumentFormat} to the end. The change:
 *
 * <pre>
 *   [8] id | [1] kind | [8] hybrid time | version | by
 *   fields: count, each: pointer | how many more
 *   lost writes: count, each: pointer, [8] hybrid time, region, [1] kind, value
 * </pre>
 *
 * <p>The last change lies with the document, and moves to an item of its own, {@code [1] format | change}, when the next one
 * takes its place: so a change and its entry in the history are one write. StoredShadowGoldenTest pins the bytes.
 *
 * @param lastChange null only if there is no item
 * @param itemVersion for the condition of the next write; below 0 if there is no item
 */
public record StoredShadow(
        ShadowId id, ShadowDocument document, @Nullable ShadowChange lastChange, long itemVersion) {
    private static final int FORMAT = 1;
    private static final long NO_ITEM = -1;

    static StoredShadow none(ShadowId id) {
        return new StoredShadow(id, ShadowDocument.NONE, null, NO_ITEM);
    }

    /** Whether a key of the table is that of a shadow. */
    public static boolean isShadow(Key key) {
        return ShadowKeys.isDocument(key.sortKey()) && DeviceId.isValid(key.partitionKey());
    }

    /** Which shadow a key is that of, for which {@link #isShadow} holds. */
    public static ShadowId idOf(Key key) {
        byte[] sortKey = key.sortKey().array();
        return new ShadowId(
                new DeviceId(key.partitionKey()),
                new String(sortKey, 1, sortKey.length - 1, StandardCharsets.US_ASCII));
    }

    /**
     * Reads a shadow from its item.
     *
     * @throws CorruptItemException the item is no shadow, or damaged
     */
    public static StoredShadow of(Item item) {
        ByteReader in = reader(item);
        ShadowChange change = readChange(in);
        ShadowDocument document =
                DocumentFormat.decode(Arrays.copyOfRange(in.array(), in.position(), in.position() + in.remaining()));
        return new StoredShadow(idOf(item.key()), document, change, item.version());
    }

    /** What the next write has to find in the table. */
    Condition condition() {
        return itemVersion == NO_ITEM ? Condition.absent() : Condition.version(itemVersion);
    }

    /** What takes the place of this one. */
    StoredShadow next(ShadowDocument newDocument, ShadowChange change) {
        return new StoredShadow(id, newDocument, change, Math.max(0, itemVersion) + 1);
    }

    Item item(ShadowChange change, long expiresAtSeconds) {
        ByteWriter out = new ByteWriter(512);
        out.writeByte(FORMAT);
        writeChange(change, out);
        out.writeBytes(DocumentFormat.encode(document));
        return new Item(ShadowKeys.document(id), Bytes.wrap(out.toByteArray()), expiresAtSeconds, itemVersion, null);
    }

    static Item historyItem(ShadowId id, ShadowChange change, long expiresAtSeconds) {
        return historyItem(ShadowKeys.history(id, change), change, expiresAtSeconds);
    }

    /** The item of a history with another change in it, of the same time and id. */
    static Item historyItem(Item item, ShadowChange change) {
        return historyItem(item.key(), change, item.expiresAtSeconds());
    }

    private static Item historyItem(Key key, ShadowChange change, long expiresAtSeconds) {
        ByteWriter out = new ByteWriter(128);
        out.writeByte(FORMAT);
        writeChange(change, out);
        return new Item(key, Bytes.wrap(out.toByteArray()), expiresAtSeconds, 0, null);
    }

    static ShadowChange historyOf(Item item) {
        ByteReader in = reader(item);
        ShadowChange change = readChange(in);
        if (in.remaining() != 0) {
            throw new CorruptItemException("a shadow's change has " + in.remaining() + " bytes too many");
        }
        return change;
    }

    private static ByteReader reader(Item item) {
        ByteReader in = new ByteReader(item.body().array());
        Format.require(in.readByte(), FORMAT, "a stored shadow");
        return in;
    }

    private static void writeChange(ShadowChange change, ByteWriter out) {
        out.writeLong(change.id());
        out.writeByte(change.kind().code());
        out.writeLong(change.time().packed());
        out.writeVarint(change.version());
        out.writeText(change.by());
        out.writeVarint(change.fields().size());
        change.fields().forEach(out::writeText);
        out.writeVarint(change.moreFields());
        out.writeVarint(change.lost().size());
        for (LostWrite lost : change.lost()) {
            out.writeText(lost.pointer());
            out.writeLong(lost.stamp().time().packed());
            out.writeText(lost.stamp().region().value());
            DocumentFormat.writeWhole(lost.value(), out);
        }
    }

    private static ShadowChange readChange(ByteReader in) {
        try {
            long id = in.readLong();
            int code = in.readByte();
            ShadowChange.Kind kind = Arrays.stream(ShadowChange.Kind.values())
                    .filter(known -> known.code() == code)
                    .findAny()
                    .orElseThrow(() -> new CorruptItemException("a shadow's change of unknown kind " + code));
            HybridTime time = new HybridTime(in.readLong());
            long version = in.readVarint();
            String by = in.readText();
            List<String> fields = new ArrayList<>();
            for (int left = in.readCount(in.remaining()); left > 0; left--) {
                fields.add(in.readText());
            }
            int more = in.readCount(Integer.MAX_VALUE);
            List<LostWrite> lost = new ArrayList<>();
            for (int left = in.readCount(in.remaining()); left > 0; left--) {
                String pointer = in.readText();
                WriteStamp stamp = new WriteStamp(new HybridTime(in.readLong()), new RegionId(in.readText()));
                lost.add(new LostWrite(pointer, stamp, DocumentFormat.readWhole(in)));
            }
            return new ShadowChange(id, kind, time, version, by, fields, more, lost);
        } catch (IllegalArgumentException e) {
            throw new CorruptItemException("a shadow's change holds what none can hold", e);
        }
    }
}
