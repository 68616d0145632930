package io.hearth.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
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
final class NameCache<T> {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final Function<String, @Nullable T> decoder;
    private final int shift;
    private final @Nullable Entry<T>[] entries;

    private record Entry<T>(byte[] name, T value) {}

    /**
     * @param places how many names are kept at most; a power of two
     * @param decoder answers null for a name that is not valid, which is not kept
     */
    @SuppressWarnings({"unchecked", "rawtypes"})
    NameCache(int places, Function<String, @Nullable T> decoder) {
        this.decoder = decoder;
        shift = Long.SIZE - Integer.numberOfTrailingZeros(places);
        entries = new Entry[places];
    }

    /** What {@code [from, to)} of a text stands for; null if it is not valid, also if it is no UTF-8. */
    @Nullable
    T get(byte[] text, int from, int to) {
        int place = (int) (hash(text, from, to) >>> shift);
        Entry<T> entry = entries[place];
        if (entry != null && Arrays.equals(entry.name, 0, entry.name.length, text, from, to)) {
            return entry.value;
        }
        byte[] name = Arrays.copyOfRange(text, from, to);
        String decoded = decode(name);
        T value = decoded == null ? null : decoder.apply(decoded);
        if (value != null) {
            entries[place] = new Entry<>(name, value);
        }
        return value;
    }

    private static @Nullable String decode(byte[] name) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(java.nio.ByteBuffer.wrap(name))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** Eight bytes at a time, each mixed by a multiplication with the golden ratio's bits. */
    private static long hash(byte[] text, int from, int to) {
        long hash = to - from;
        int at = from;
        for (; at + Long.BYTES <= to; at += Long.BYTES) {
            hash = mix(hash ^ (long) LONGS.get(text, at));
        }
        long rest = 0;
        for (; at < to; at++) {
            rest = rest << 8 | text[at] & 0xFF;
        }
        return mix(hash ^ rest);
    }

    private static long mix(long bits) {
        long mixed = bits * 0x9E3779B97F4A7C15L;
        return mixed ^ mixed >>> 32;
    }
}
