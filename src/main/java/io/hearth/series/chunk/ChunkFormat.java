package io.hearth.series.chunk;

import io.hearth.bytes.ByteReader;
import java.util.zip.CRC32C;

/** What writing and reading chunks have in common: their limits, and how a header is checked. {@link Chunk} describes the bytes. */
final class ChunkFormat {
    static final int VERSION = 1;

    /** Where the part begins that the checksum of the header covers; the version before it is covered too. */
    static final int CHECKED_FROM = 1 + Integer.BYTES;

    /** The most readings that a chunk has. */
    static final int MAX_READINGS = 16_384;

    /** The most spans that a chunk has. */
    static final int MAX_SPANS = 64;

    /** Readings times metrics, at most, so that the arrays of a decoded chunk stay below 64 MB. */
    static final int MAX_CELLS = 1 << 22;

    private ChunkFormat() {}

    /** @param part how messages name what is read */
    static ByteReader reader(byte[] bytes, int start, int end, String part) {
        return new ByteReader(bytes, start, end, fact -> new CorruptChunkException(part, fact));
    }

    /** The checksum of bytes from {@code start} to before {@code end}. */
    static int crc32c(byte[] bytes, int start, int end) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, start, end - start);
        return (int) crc.getValue();
    }

    /** The checksum of a header that ends at {@code end}. */
    static int headerCrc(byte[] bytes, int end) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, 1);
        crc.update(bytes, CHECKED_FROM, end - CHECKED_FROM);
        return (int) crc.getValue();
    }
}
