package io.hearth.sync;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.layout.Partitions;
import io.hearth.model.RegionId;
import io.hearth.sync.wire.PutAside;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Key;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.Write;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/*
 * Lines that were put aside, in the partition of sync. A line may be larger than an item, so it is cut into parts:
 *
 *   sort key   "aside/" | [16] of the SHA-256 of the line | [2] number of the part
 *   body       [1] format | text peer | text reason | text why | varint bytes of the line | bytes of the part
 *
 * What earlier builds put aside, lines of later versions only, has the sort key "unknown/…" and the line as its body.
 */

/** Keeps lines that cannot be taken in for a month, up to a number of bytes. Blocks until the table answers. Thread-safe. */
final class PutAsideItems {
    private static final Logger LOG = Logger.getLogger(PutAsideItems.class);
    static final String ASIDE = "aside/";
    static final String UNKNOWN = "unknown/";
    private static final int FORMAT = 1;
    private static final int DIGEST_BYTES = 16;
    private static final int PART_BYTES = 200_000;
    private static final int WHY_CHARACTERS = 200;
    private static final Duration KEPT = Duration.ofDays(30);
    private static final int ITEMS_AT_A_TIME = 16;

    /** How often what is kept is counted anew, when it is too much: some of it may have expired. */
    private static final long COUNT_INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final Table table;
    private final InstantSource clock;
    private final long mostBytes;

    // Guarded by this.
    private boolean counted;
    private long countedNanos;
    private Kept kept = new Kept(0, 0);

    /** @param mostBytes of all lines together; what comes beyond is not kept */
    PutAsideItems(Table table, InstantSource clock, long mostBytes) {
        this.table = table;
        this.clock = clock;
        this.mostBytes = mostBytes;
    }

    /** How much is kept, as far as this process knows. */
    record Kept(int lines, long bytes) {
        private Kept plus(long lineBytes) {
            return new Kept(lines + 1, bytes + lineBytes);
        }
    }

    /**
     * A line that is kept.
     *
     * @param keys of its items
     */
    record Stored(String line, List<Key> keys) {}

    /**
     * Keeps lines, durably; one that is kept already stays.
     *
     * @return those for which there is no room
     */
    synchronized List<PutAside> keep(List<PutAside> lines, RegionId peer) {
        List<PutAside> refused = new ArrayList<>();
        for (PutAside aside : lines) {
            byte[] utf8 = aside.line().getBytes(StandardCharsets.UTF_8);
            List<Write> parts = parts(utf8, aside, peer);
            boolean isNew = Blocking.await(table.get(parts.get(parts.size() - 1).key(), Consistency.STRONG))
                    .isEmpty();
            if (isNew && !hasRoomFor(utf8.length)) {
                refused.add(aside);
            } else {
                // Also if it is there: a crash may have left some of its parts only.
                Blocking.await(table.write(parts));
                kept = isNew ? kept.plus(utf8.length) : kept;
            }
        }
        return refused;
    }

    private boolean hasRoomFor(long bytes) {
        long now = System.nanoTime();
        boolean isFull = kept.bytes + bytes > mostBytes;
        if (!counted || (isFull && now - countedNanos > COUNT_INTERVAL_NANOS)) {
            kept = new Kept(0, 0);
            forEach(stored -> kept = kept.plus(bytesOf(stored.line)));
            counted = true;
            countedNanos = now;
        }
        return kept.bytes + bytes <= mostBytes;
    }

    private List<Write> parts(byte[] line, PutAside aside, RegionId peer) {
        byte[] digest = Arrays.copyOf(sha256(line), DIGEST_BYTES);
        byte[] name = ASIDE.getBytes(StandardCharsets.US_ASCII);
        long expiresAtSeconds = clock.instant().plus(KEPT).getEpochSecond();
        String why = aside.why();
        List<Write> parts = new ArrayList<>();
        for (int from = 0; from == 0 || from < line.length; from += PART_BYTES) {
            ByteBuffer sortKey = ByteBuffer.allocate(name.length + DIGEST_BYTES + Short.BYTES)
                    .put(name)
                    .put(digest)
                    .putShort((short) parts.size());
            ByteWriter body = new ByteWriter(512 + Math.min(PART_BYTES, line.length));
            body.writeByte(FORMAT);
            body.writeText(peer.value());
            body.writeText(aside.reason().text());
            body.writeText(why.substring(0, Math.min(WHY_CHARACTERS, why.length())));
            body.writeVarint(line.length);
            body.writeBytes(Arrays.copyOfRange(line, from, Math.min(line.length, from + PART_BYTES)));
            parts.add(new Write.Put(new Item(
                    new Key(Partitions.SYNC, Bytes.wrap(sortKey.array())),
                    Bytes.wrap(body.toByteArray()),
                    expiresAtSeconds,
                    0,
                    null)));
        }
        return parts;
    }

    /** A consumer of lines. */
    interface Visitor {
        void visit(Stored stored);
    }

    /** Visits every line that is kept, those of earlier builds included. */
    void forEach(Visitor visitor) {
        walk(
                UNKNOWN,
                item -> visitor.visit(
                        new Stored(new String(item.body().array(), StandardCharsets.UTF_8), List.of(item.key()))));
        Parts parts = new Parts(visitor, mostBytes);
        walk(ASIDE, parts::add);
    }

    /** Forgets a line. */
    synchronized void forget(Stored stored) {
        Blocking.await(
                table.write(stored.keys.stream().<Write>map(Write.Delete::new).toList()));
        kept = new Kept(Math.max(0, kept.lines - 1), Math.max(0, kept.bytes - bytesOf(stored.line)));
    }

    synchronized Kept kept() {
        return kept;
    }

    /** Counts what is kept. */
    synchronized void count() {
        counted = false;
        boolean unused = hasRoomFor(0);
    }

    private void walk(String prefix, Consumer<Item> visitor) {
        SortRange range = SortRange.prefix(Bytes.wrap(prefix.getBytes(StandardCharsets.US_ASCII)));
        Query query = new Query(Partitions.SYNC, range, Direction.ASCENDING, ITEMS_AT_A_TIME, null, Consistency.STRONG);
        new ItemWalk(table, query).forEachRemaining(visitor);
    }

    /** @throws CorruptItemException it is no part of a line, or damaged */
    static void checkPart(Item part) {
        head(new ByteReader(part.body().array()), Integer.MAX_VALUE);
    }

    /** Reads what comes before the bytes of a part; answers how many bytes its line has, at most {@code most}. */
    private static int head(ByteReader in, int most) {
        Format.require(in.readByte(), FORMAT, "a line that was put aside");
        in.readText();
        in.readText();
        in.readText();
        return in.readCount(most);
    }

    /** Puts lines together; the parts of one follow each other. */
    private static final class Parts {
        private final Visitor visitor;
        private final long mostBytes;
        private final List<Key> keys = new ArrayList<>();
        private @Nullable Bytes digest;
        private byte[] line = new byte[0];
        private int filled;

        Parts(Visitor visitor, long mostBytes) {
            this.visitor = visitor;
            this.mostBytes = mostBytes;
        }

        void add(Item part) {
            byte[] sortKey = part.key().sortKey().array();
            Bytes keyDigest = Bytes.wrap(Arrays.copyOfRange(sortKey, ASIDE.length(), sortKey.length - Short.BYTES));
            ByteReader in = new ByteReader(part.body().array());
            try {
                int length = head(in, (int) Math.min(mostBytes, Integer.MAX_VALUE));
                if (digest == null || !keyDigest.equals(digest)) {
                    digest = keyDigest;
                    keys.clear();
                    line = new byte[length];
                    filled = 0;
                }
                int bytes = in.remaining();
                System.arraycopy(in.array(), in.take(bytes), line, filled, bytes);
                filled += bytes;
                keys.add(part.key());
            } catch (CorruptItemException | UnsupportedFormatException | IndexOutOfBoundsException e) {
                LOG.errorf("A line that was put aside is left alone: %s", e.getMessage());
                return;
            }
            if (filled == line.length) {
                visitor.visit(new Stored(new String(line, StandardCharsets.UTF_8), List.copyOf(keys)));
            }
        }
    }

    private static long bytesOf(String line) {
        return line.getBytes(StandardCharsets.UTF_8).length;
    }

    private static byte[] sha256(byte[] line) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(line);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
