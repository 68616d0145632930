package io.hearth.series.chunk;

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

    /** The checksum of a header that ends at {@code end}. */
    static int headerCrc(byte[] bytes, int end) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, 1);
        crc.update(bytes, CHECKED_FROM, end - CHECKED_FROM);
        return (int) crc.getValue();
    }
}
