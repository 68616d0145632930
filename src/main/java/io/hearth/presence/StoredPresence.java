package io.hearth.presence;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.layout.DeviceItems;
import io.hearth.layout.Partitions;
import io.hearth.model.DeviceId;
import io.hearth.model.StampShift;
import io.hearth.table.Bytes;
import io.hearth.table.IndexKey;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Write;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A device's presence as it is kept in its partition, under the sort key {@code 02}. Body, format 1: {@code [1] format |
 * [1] 1 if online | [1] cause | [8] since, µs | [8] process}. The index lists online devices by process.
 *
 * @param process the process whose connections say so, which ends with it; 0 if it outlives any process
 */
public record StoredPresence(Presence presence, long process) {
    private static final int FORMAT = 1;
    private static final Bytes SORT_KEY_BYTES = Bytes.wrap(new byte[] {DeviceItems.PRESENCE});
    private static final int BODY_BYTES = 19;

    /** Whether a key of the table is that of a device's presence. */
    public static boolean isPresence(Key key) {
        return key.sortKey().equals(SORT_KEY_BYTES) && DeviceId.isValid(key.partitionKey());
    }

    /**
     * The presence that an item holds.
     *
     * @throws CorruptItemException it is none, or damaged
     */
    public static StoredPresence of(Item item) {
        ByteReader in = new ByteReader(item.body().array());
        Format.require(in.readByte(), FORMAT, "a record of presence");
        boolean online = in.readByte() != 0;
        int code = in.readByte();
        Presence.Cause cause = Arrays.stream(Presence.Cause.values())
                .filter(known -> known.code() == code)
                .findAny()
                .orElseThrow(() -> new CorruptItemException("presence has cause " + code));
        DeviceId device = new DeviceId(item.key().partitionKey());
        return new StoredPresence(new Presence(device, online, in.readLong(), cause), in.readLong());
    }

    /** What to write in place of a presence since a time that is still to come, as the clock was ahead; nothing for others. */
    public static List<Write> shifted(Item item, StampShift shift) {
        boolean isOfAFuture = isPresence(item.key())
                && shift.timeMicros(of(item).presence().sinceMicros())
                        != of(item).presence().sinceMicros();
        return isOfAFuture ? List.of(new Write.Delete(item.key())) : List.of();
    }

    static Key key(DeviceId device) {
        return new Key(device.value(), SORT_KEY_BYTES);
    }

    /** Where the index lists the devices that are online by connections to a process. */
    static String indexOf(long process) {
        return Partitions.ONLINE_PREFIX + HexFormat.of().toHexDigits(process);
    }

    /**
     * The item to store. An online device's never expires. Its version is a random number, so that a condition names exactly
     * one write of whichever process.
     *
     * @param kept how long an offline device's presence is kept after its last change; zero for ever
     */
    Item item(Duration kept) {
        ByteWriter body = new ByteWriter(BODY_BYTES);
        body.writeByte(FORMAT);
        body.writeByte(presence.online() ? 1 : 0);
        body.writeByte(presence.cause().code());
        body.writeLong(presence.sinceMicros());
        body.writeLong(process);
        String device = presence.device().value();
        return new Item(
                key(presence.device()),
                Bytes.wrap(body.toByteArray()),
                expiresAtSeconds(kept),
                ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE),
                presence.online() && process != 0
                        ? new IndexKey(indexOf(process), Bytes.wrap(device.getBytes(StandardCharsets.US_ASCII)))
                        : null);
    }

    private long expiresAtSeconds(Duration kept) {
        return presence.online() || kept.isZero()
                ? 0
                : Math.max(1, Math.floorDiv(presence.sinceMicros(), 1_000_000L) + kept.toSeconds());
    }
}
