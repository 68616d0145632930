package io.hearth.shadow.document;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/*
 * Format 1 of a stored shadow. Numbers are varints unless said otherwise; texts are a varint length and UTF-8.
 *
 *   [1] format | version
 *   regions: count, each: region, [8] its latest seen hybrid time
 *   stamps: count, each: index of its region, hybrid time as the distance before that region's latest seen time
 *   root node
 *
 *   node:  [1] flags: kind of the assigned value in the lower 4 bits, 0 for none; 0x10 made an object; 0x20 has children
 *          assigned: index of its stamp, value without its kind
 *          made an object: index of the stamp
 *          children: count, each: name, node
 *   value: kinds 1 null, 2 false, 3 true: nothing; 4 number: its literal; 5 text; 6 array: count, each: [1] kind, value;
 *          7 object (inside arrays only): count, each: name, [1] kind, value
 *
 * One update stamps all of its fields alike, so a field costs its name, its value and two bytes. The same document has the
 * same bytes everywhere, as names are in order and stamps in the order in which the nodes use them.
 *
 * A change needs a new format number; ShadowDocumentGoldenTest pins the bytes.
 */

/** Stored shadows, and values in them, as bytes. */
public final class DocumentFormat {
    private static final int FORMAT = 1;
    private static final int MADE_OBJECT = 0x10;
    private static final int HAS_CHILDREN = 0x20;
    private static final int KIND = 0x0F;
    private static final int NOTHING = 0;
    private static final int NULL = 1;
    private static final int FALSE = 2;
    private static final int TRUE = 3;
    private static final int NUMBER = 4;
    private static final int TEXT = 5;
    private static final int ARRAY = 6;
    private static final int OBJECT = 7;

    /** Far beyond what is ever written: a guard for the stack against damaged items. */
    private static final int MAX_LEVELS = 2 * JsonReader.MAX_PARSED_LEVELS;

    private DocumentFormat() {}

    /** The document as bytes, to be stored and to be sent to other regions. */
    public static byte[] encode(ShadowDocument document) {
        ByteWriter out = new ByteWriter(256);
        write(document, out);
        return out.toByteArray();
    }

    /**
     * The document that {@link #encode} wrote.
     *
     * @throws CorruptItemException the bytes are none
     */
    public static ShadowDocument decode(byte[] bytes) {
        try {
            return read(new ByteReader(bytes));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new CorruptItemException("a shadow holds what no shadow can hold", e);
        }
    }

    /**
     * What the document comes to, to be compared with the same shadow in another region: every field, tombstone and stamp, but not
     * the version, which is each region's own.
     *
     * @param tombstonesFromMillis older tombstones are passed over, in epoch milliseconds
     * @return the first 8 bytes of SHA-256
     */
    public static long digest(ShadowDocument document, long tombstonesFromMillis) {
        ShadowDocument kept = document.withoutTombstonesBefore(tombstonesFromMillis);
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(encode(new ShadowDocument(0, kept.seen(), kept.root())));
            return ByteBuffer.wrap(hash).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static void write(ShadowDocument document, ByteWriter out) {
        out.writeByte(FORMAT);
        out.writeVarint(document.version());
        List<RegionId> regions = List.copyOf(document.seen().keySet());
        out.writeVarint(regions.size());
        document.seen().forEach((region, time) -> {
            out.writeText(region.value());
            out.writeLong(time.packed());
        });
        Map<WriteStamp, Integer> stamps = new LinkedHashMap<>();
        ByteWriter tree = new ByteWriter(256);
        writeNode(document.root(), stamps, tree);
        out.writeVarint(stamps.size());
        for (WriteStamp stamp : stamps.keySet()) {
            HybridTime latest = document.seen().get(stamp.region());
            if (latest == null || latest.compareTo(stamp.time()) < 0) {
                throw new IllegalStateException("a shadow holds a write that it has not seen: " + stamp);
            }
            out.writeVarint(regions.indexOf(stamp.region()));
            out.writeVarint(latest.packed() - stamp.time().packed());
        }
        out.append(tree);
    }

    private static void writeNode(Node node, Map<WriteStamp, Integer> stamps, ByteWriter out) {
        Node.Assignment assigned = node.assigned();
        WriteStamp objectSince = node.objectSince();
        SortedMap<String, Node> children = node.children();
        out.writeByte((assigned == null ? NOTHING : kindOf(assigned.value()))
                | (objectSince == null ? 0 : MADE_OBJECT)
                | (children.isEmpty() ? 0 : HAS_CHILDREN));
        if (assigned != null) {
            writeStamp(assigned.stamp(), stamps, out);
            writeValue(assigned.value(), out);
        }
        if (objectSince != null) {
            writeStamp(objectSince, stamps, out);
        }
        if (!children.isEmpty()) {
            out.writeVarint(children.size());
            children.forEach((name, child) -> {
                out.writeText(name);
                writeNode(child, stamps, out);
            });
        }
    }

    /** A value with its kind in front. */
    public static void writeWhole(JsonValue value, ByteWriter out) {
        out.writeByte(kindOf(value));
        writeValue(value, out);
    }

    public static int sizeOf(JsonValue value) {
        ByteWriter out = new ByteWriter(64);
        writeWhole(value, out);
        return out.length();
    }

    public static JsonValue readWhole(ByteReader in) {
        return readValue(in, in.readByte(), 1);
    }

    private static void writeStamp(WriteStamp stamp, Map<WriteStamp, Integer> stamps, ByteWriter out) {
        Integer known = stamps.putIfAbsent(stamp, stamps.size());
        out.writeVarint(known == null ? stamps.size() - 1 : known);
    }

    private static int kindOf(JsonValue value) {
        if (value instanceof JsonValue.Numeral) {
            return NUMBER;
        }
        if (value instanceof JsonValue.Text) {
            return TEXT;
        }
        if (value instanceof JsonValue.Bool bool) {
            return bool.value() ? TRUE : FALSE;
        }
        if (value instanceof JsonValue.Array) {
            return ARRAY;
        }
        return value instanceof JsonValue.Fields ? OBJECT : NULL;
    }

    private static void writeValue(JsonValue value, ByteWriter out) {
        if (value instanceof JsonValue.Numeral number) {
            out.writeText(number.literal());
        } else if (value instanceof JsonValue.Text text) {
            out.writeText(text.value());
        } else if (value instanceof JsonValue.Array array) {
            out.writeVarint(array.elements().size());
            for (JsonValue element : array.elements()) {
                out.writeByte(kindOf(element));
                writeValue(element, out);
            }
        } else if (value instanceof JsonValue.Fields object) {
            out.writeVarint(object.fields().size());
            object.fields().forEach((name, field) -> {
                out.writeText(name);
                out.writeByte(kindOf(field));
                writeValue(field, out);
            });
        }
    }

    private static ShadowDocument read(ByteReader in) {
        Format.require(in.readByte(), FORMAT, "a shadow");
        long version = in.readVarint();
        TreeMap<RegionId, HybridTime> seen = new TreeMap<>();
        List<RegionId> regions = new ArrayList<>();
        for (int left = in.readCount(in.remaining()); left > 0; left--) {
            RegionId region = new RegionId(in.readText());
            regions.add(region);
            seen.put(region, new HybridTime(in.readLong()));
        }
        List<WriteStamp> stamps = new ArrayList<>();
        for (int left = in.readCount(in.remaining()); left > 0; left--) {
            RegionId region = regions.get(in.readCount(regions.size() - 1));
            HybridTime latest = seen.getOrDefault(region, new HybridTime(0));
            stamps.add(new WriteStamp(new HybridTime(latest.packed() - in.readVarint()), region));
        }
        Node root = readNode(in, stamps, 1);
        if (in.remaining() != 0) {
            throw new CorruptItemException("a shadow has " + in.remaining() + " bytes too many");
        }
        return new ShadowDocument(version, seen, root);
    }

    private static Node readNode(ByteReader in, List<WriteStamp> stamps, int level) {
        requireLevel(level);
        int flags = in.readByte();
        int kind = flags & KIND;
        Node.Assignment assigned = null;
        if (kind != NOTHING) {
            WriteStamp stamp = readStamp(in, stamps);
            assigned = new Node.Assignment(stamp, readValue(in, kind, level));
        }
        @Nullable WriteStamp objectSince = (flags & MADE_OBJECT) == 0 ? null : readStamp(in, stamps);
        if ((flags & HAS_CHILDREN) == 0) {
            return new Node(assigned, objectSince, Node.NO_CHILDREN);
        }
        TreeMap<String, Node> children = new TreeMap<>();
        for (int left = in.readCount(in.remaining()); left > 0; left--) {
            String name = in.readText();
            children.put(name, readNode(in, stamps, level + 1));
        }
        return new Node(assigned, objectSince, children);
    }

    private static WriteStamp readStamp(ByteReader in, List<WriteStamp> stamps) {
        return stamps.get(in.readCount(stamps.size() - 1));
    }

    private static JsonValue readValue(ByteReader in, int kind, int level) {
        requireLevel(level);
        return switch (kind) {
            case NULL -> JsonValue.Null.NULL;
            case FALSE -> new JsonValue.Bool(false);
            case TRUE -> new JsonValue.Bool(true);
            case NUMBER -> new JsonValue.Numeral(in.readText());
            case TEXT -> new JsonValue.Text(in.readText());
            case ARRAY -> {
                List<JsonValue> elements = new ArrayList<>();
                for (int left = in.readCount(in.remaining()); left > 0; left--) {
                    elements.add(readValue(in, in.readByte(), level + 1));
                }
                yield new JsonValue.Array(elements);
            }
            case OBJECT -> {
                TreeMap<String, JsonValue> fields = new TreeMap<>();
                for (int left = in.readCount(in.remaining()); left > 0; left--) {
                    String name = in.readText();
                    fields.put(name, readValue(in, in.readByte(), level + 1));
                }
                yield new JsonValue.Fields(fields);
            }
            default -> throw new CorruptItemException("a shadow holds a value of unknown kind " + kind);
        };
    }

    private static void requireLevel(int level) {
        if (level > MAX_LEVELS) {
            throw new CorruptItemException("a shadow is nested deeper than any that is written");
        }
    }
}
