package io.hearth.ingest;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.layout.Partitions;
import io.hearth.model.DeviceId;
import io.hearth.model.StampShift;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Key;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What could not be stored as readings, kept for a set time so that somebody can look at it and play it again.
 *
 * <p>Of a device that is erased nothing is told any more, also if it was under way to the table.
 *
 * <p>Reads block until the table answers. Sort key: {@code [8] time, µs, ^ Long.MIN_VALUE | [8] random}; its hexadecimal
 * form is the id. Body, format 1: {@code [1] format | text topic | text device | text reason | text detail | varint bytes of
 * the whole payload | varint bytes that follow | payload}.
 */
public final class DeadLetters {
    /** How much of a payload that was too large is kept. */
    static final int KEPT_OF_TOO_LARGE = 4096;

    /** How much of any other is kept, at most: with a topic of any length it fits an item. */
    static final int KEPT = 256 * 1024;

    private static final int FORMAT = 1;

    private static final int ID_BYTES = 16;
    private static final int PAGE_LETTERS = 1000;
    private static final int REMOVED_AT_ONCE = 1000;

    /** A page looks at no more than this many letters, so that a filter that nothing passes cannot read them all at once. */
    private static final int MAX_LOOKED_AT = 10_000;

    /** Far longer than a letter is under way to the table. */
    private static final Duration ERASURES_REMEMBERED = Duration.ofHours(1);

    private final Table table;
    private final long retentionSeconds;

    /** Up to when letters of a device are erased, epoch microseconds: those that came before may still be under way. */
    private final Cache<String, Long> erased =
            Caffeine.newBuilder().expireAfterWrite(ERASURES_REMEMBERED).build();

    public DeadLetters(Table table, Duration retention) {
        this.table = table;
        this.retentionSeconds = retention.toSeconds();
    }

    /** A letter about a delivery, under a new id. */
    DeadLetter letter(Delivery delivery, byte[] payload, RejectionReason reason, String detail) {
        byte[] id = ByteBuffer.allocate(ID_BYTES)
                .putLong(delivery.ingestTimeMicros() ^ Long.MIN_VALUE)
                .putLong(ThreadLocalRandom.current().nextLong())
                .array();
        int most = reason == RejectionReason.TOO_LARGE ? KEPT_OF_TOO_LARGE : KEPT;
        byte[] kept = payload.length > most ? Arrays.copyOf(payload, most) : payload;
        return new DeadLetter(
                HexFormat.of().formatHex(id),
                delivery.topic(),
                delivery.device(),
                kept,
                // A part of the payload that was made for the letter is as long as it is.
                payload == delivery.payload() ? delivery.payloadBytes() : payload.length,
                reason,
                detail,
                delivery.ingestTimeMicros());
    }

    /** Stores letters; completes when they are durable. */
    Uni<Void> store(List<DeadLetter> letters) {
        List<Write> writes = new ArrayList<>(letters.size());
        for (DeadLetter letter : letters) {
            long expiresAtSeconds = Math.floorDiv(letter.timeMicros(), 1_000_000L) + retentionSeconds;
            writes.add(new Write.Put(
                    new Item(key(letter.id()), Bytes.wrap(encode(letter)), Math.max(1, expiresAtSeconds), 0, null)));
        }
        List<DeadLetter> stored = List.copyOf(letters);
        return table.write(writes).chain(() -> removeErased(stored));
    }

    /** An erasure that has looked for letters before these were stored has not found them. */
    private Uni<Void> removeErased(List<DeadLetter> letters) {
        List<Write> deletes = letters.stream()
                .filter(this::isErased)
                .<Write>map(letter -> new Write.Delete(key(letter.id())))
                .toList();
        return deletes.isEmpty() ? Uni.createFrom().voidItem() : table.write(deletes);
    }

    private boolean isErased(DeadLetter letter) {
        Long untilMicros = erased.getIfPresent(letter.device());
        return untilMicros != null && letter.timeMicros() <= untilMicros;
    }

    /** Whether there is a letter about a device. Reads all letters in the worst case. */
    public boolean has(DeviceId device) {
        return !find(device, SortRange.ALL, 1).isEmpty();
    }

    /**
     * Removes all letters about a device; completes when they are in no answer any more.
     *
     * @param nowMicros what came before is erased also if it is stored only now; epoch microseconds
     */
    public void erase(DeviceId device, long nowMicros) {
        erased.asMap().merge(device.value(), nowMicros, Math::max);
        remove(find(device, SortRange.ALL, Integer.MAX_VALUE));
    }

    /** Removes the letters about a device that came until a time, to finish an erasure that began then. */
    public void eraseUntil(DeviceId device, long untilMicros) {
        erased.asMap().merge(device.value(), untilMicros, Math::max);
        Bytes end = Bytes.wrap(ByteBuffer.allocate(Long.BYTES)
                .putLong(untilMicros + 1 ^ Long.MIN_VALUE)
                .array());
        remove(find(device, new SortRange(null, end), Integer.MAX_VALUE));
    }

    private void remove(List<Key> letters) {
        for (int from = 0; from < letters.size(); from += REMOVED_AT_ONCE) {
            List<Write> deletes = letters.subList(from, Math.min(from + REMOVED_AT_ONCE, letters.size())).stream()
                    .<Write>map(Write.Delete::new)
                    .toList();
            Blocking.await(table.write(deletes));
        }
    }

    private List<Key> find(DeviceId device, SortRange range, int limit) {
        List<Key> found = new ArrayList<>();
        ItemWalk letters = new ItemWalk(
                table,
                new Query(Partitions.DEAD_LETTERS, range, Direction.ASCENDING, PAGE_LETTERS, null, Consistency.STRONG));
        while (found.size() < limit && letters.hasNext()) {
            Item item = letters.next();
            if (isAbout(device, item)) {
                found.add(item.key());
            }
        }
        return found;
    }

    /** What nobody can read is about nobody: it is in no answer, and expires. */
    private static boolean isAbout(DeviceId device, Item item) {
        try {
            return decode(item).device().equals(device.value());
        } catch (CorruptItemException | UnsupportedFormatException e) {
            return false;
        }
    }

    /** Removes a letter that has been dealt with. */
    Uni<Void> remove(DeadLetter letter) {
        return table.write(List.of(new Write.Delete(key(letter.id()))));
    }

    /**
     * Some letters, the latest first.
     *
     * @param reason only those with this reason; null takes all. A page may then have fewer than {@code limit} and not be the last
     */
    public DeadLetterPage list(int limit, @Nullable Cursor cursor, @Nullable RejectionReason reason) {
        List<DeadLetter> letters = new ArrayList<>();
        Cursor next = cursor;
        int lookedAt = 0;
        do {
            Query query = new Query(
                    Partitions.DEAD_LETTERS,
                    SortRange.ALL,
                    Direction.DESCENDING,
                    limit - letters.size(),
                    next,
                    Consistency.STRONG);
            Page page = Blocking.await(table.query(query));
            for (Item item : page.items()) {
                DeadLetter letter = decode(item);
                if ((reason == null || letter.reason() == reason) && !isErased(letter)) {
                    letters.add(letter);
                }
            }
            lookedAt += page.items().size();
            next = page.next();
        } while (next != null && letters.size() < limit && lookedAt < MAX_LOOKED_AT);
        return new DeadLetterPage(letters, next);
    }

    /** The letter of an id; empty if there is none, or if it is no id. */
    public Optional<DeadLetter> get(String id) {
        if (!id.matches("[0-9a-f]{" + 2 * ID_BYTES + "}")) {
            return Optional.empty();
        }
        return Blocking.await(table.get(key(id), Consistency.STRONG))
                .map(DeadLetters::decode)
                .filter(letter -> !isErased(letter));
    }

    /** What to write in place of a dead letter of a clock that was ahead; nothing for any other item. */
    public static List<Write> shifted(Item item, StampShift shift) {
        if (!item.key().partitionKey().equals(Partitions.DEAD_LETTERS)) {
            return List.of();
        }
        ByteBuffer id = ByteBuffer.wrap(item.key().sortKey().array());
        long timeMicros = id.getLong() ^ Long.MIN_VALUE;
        long shiftedMicros = shift.timeMicros(timeMicros);
        if (shiftedMicros == timeMicros) {
            return List.of();
        }
        byte[] sortKey = ByteBuffer.allocate(ID_BYTES)
                .putLong(shiftedMicros ^ Long.MIN_VALUE)
                .putLong(id.getLong())
                .array();
        return List.of(
                new Write.Delete(item.key()),
                new Write.Put(new Item(
                        new Key(Partitions.DEAD_LETTERS, Bytes.wrap(sortKey)),
                        item.body(),
                        shift.expiresAtSeconds(item.expiresAtSeconds()),
                        item.version(),
                        null)));
    }

    private static Key key(String id) {
        return new Key(Partitions.DEAD_LETTERS, Bytes.wrap(HexFormat.of().parseHex(id)));
    }

    private static byte[] encode(DeadLetter letter) {
        ByteWriter out = new ByteWriter(letter.payload().length + 256);
        out.writeByte(FORMAT);
        out.writeText(letter.topic());
        out.writeText(letter.device());
        out.writeText(letter.reason().name());
        out.writeText(letter.detail());
        out.writeVarint(letter.payloadBytes());
        out.writeVarint(letter.payload().length);
        out.writeBytes(letter.payload());
        return out.toByteArray();
    }

    /**
     * Reads an item, all of it.
     *
     * @throws RuntimeException it is not a dead letter, or damaged
     */
    public static void check(Item item) {
        DeadLetter unused = decode(item);
    }

    private static DeadLetter decode(Item item) {
        ByteReader in = new ByteReader(item.body().array());
        Format.require(in.readByte(), FORMAT, "a dead letter");
        byte[] id = item.key().sortKey().array();
        String topic = in.readText();
        String device = in.readText();
        RejectionReason reason = RejectionReason.valueOf(in.readText());
        String detail = in.readText();
        long payloadBytes = in.readVarint();
        int length = in.readCount(in.remaining());
        int at = in.take(length);
        byte[] payload = Arrays.copyOfRange(in.array(), at, at + length);
        long timeMicros = ByteBuffer.wrap(id).getLong() ^ Long.MIN_VALUE;
        return new DeadLetter(
                HexFormat.of().formatHex(id), topic, device, payload, payloadBytes, reason, detail, timeMicros);
    }
}
