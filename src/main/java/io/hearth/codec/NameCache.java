package io.hearth.codec;

import io.hearth.model.DeviceId;
import io.hearth.model.MetricName;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Names that come again and again, by their bytes, so that a line names its device and its metrics without a new string
 * for each. Of fixed size: a name displaces the one in its place. Safe for several threads without locks: an entry never
 * changes, and losing a race only means that a name is decoded once more.
 *
 * @param <T> what a name stands for
 */
public final class NameCache<T> {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final Function<String, @Nullable T> decoder;
    private final int shift;
    private final @Nullable Entry<T>[] entries;

    /**
     * @param head the first bytes of the name, by which a short one is known
     * @param tail the last bytes, by which one of up to twice as many is; 0 of a short one
     */
    private record Entry<T>(byte[] name, long head, long tail, T value) {}

    /**
     * @param places how many names are kept at most; a power of two
     * @param decoder answers null for a name that is not valid, which is not kept
     */
    @SuppressWarnings({"unchecked", "rawtypes"})
    private NameCache(int places, Function<String, @Nullable T> decoder) {
        this.decoder = decoder;
        shift = Long.SIZE - Integer.numberOfTrailingZeros(places);
        entries = new Entry[places];
    }

    /** The devices of valid ids. */
    public static NameCache<DeviceId> ofDevices() {
        return new NameCache<>(1 << 15, name -> DeviceId.isValid(name) ? new DeviceId(name) : null);
    }

    /** The names under which metrics are stored. */
    public static NameCache<String> ofMetrics() {
        return new NameCache<>(1 << 13, MetricName::stored);
    }

    /** What {@code [from, to)} of a text stands for; null if it is not valid, also if it is no UTF-8. */
    @Nullable
    public T get(byte[] text, int from, int to) {
        int length = to - from;
        long head = word(text, from, Math.min(length, Long.BYTES));
        long hash = mix(head ^ length);
        for (int at = from + Long.BYTES; at < to; at += Long.BYTES) {
            hash = mix(hash ^ word(text, at, Math.min(to - at, Long.BYTES)));
        }
        int place = (int) (hash >>> shift);
        long tail = length <= Long.BYTES ? 0 : (long) LONGS.get(text, to - Long.BYTES);
        Entry<T> entry = entries[place];
        if (entry != null
                && entry.head == head
                && entry.tail == tail
                && entry.name.length == length
                && (length <= 2 * Long.BYTES || Arrays.equals(entry.name, 0, length, text, from, to))) {
            return entry.value;
        }
        byte[] name = Arrays.copyOfRange(text, from, to);
        String decoded = decode(name);
        T value = decoded == null ? null : decoder.apply(decoded);
        if (value != null) {
            entries[place] = new Entry<>(name, head, tail, value);
        }
        return value;
    }

    private static @Nullable String decode(byte[] name) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(name))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** Up to eight bytes as a number. */
    private static long word(byte[] text, int at, int length) {
        if (at + Long.BYTES <= text.length) {
            long bytes = (long) LONGS.get(text, at);
            return length == Long.BYTES ? bytes : bytes & ((1L << (length * Byte.SIZE)) - 1);
        }
        long bytes = 0;
        for (int i = length - 1; i >= 0; i--) {
            bytes = (bytes << Byte.SIZE) | (text[at + i] & 0xFF);
        }
        return bytes;
    }

    /** Spreads differences to the upper bits, by a multiplication with the bits of the golden ratio. */
    private static long mix(long bits) {
        long mixed = bits * 0x9E3779B97F4A7C15L;
        return mixed ^ mixed >>> 32;
    }
}
