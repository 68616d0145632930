package io.hearth.codec.parquet;

import io.airlift.compress.MalformedInputException;
import io.airlift.compress.snappy.SnappyDecompressor;
import io.airlift.compress.zstd.ZstdCompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.format.CompressionCodec;

/** Packs pages with Zstandard and unpacks what writers of Parquet use. Not safe for several threads. */
final class PageCodec {
    private final ZstdCompressor zstd = new ZstdCompressor();
    private final ZstdDecompressor unzstd = new ZstdDecompressor();
    private final SnappyDecompressor unsnappy = new SnappyDecompressor();

    static final CompressionCodec WRITTEN = CompressionCodec.ZSTD;

    byte[] pack(byte[] page) {
        byte[] packed = new byte[zstd.maxCompressedLength(page.length)];
        return Arrays.copyOf(packed, zstd.compress(page, 0, page.length, packed, 0, packed.length));
    }

    /** @throws CorruptParquetException it does not unpack to {@code length} bytes */
    byte[] unpack(CompressionCodec codec, byte[] packed, int from, int length) throws CorruptParquetException {
        int packedBytes = packed.length - from;
        byte[] page = new byte[length];
        int unpacked;
        try {
            unpacked = switch (codec) {
                case UNCOMPRESSED -> {
                    System.arraycopy(packed, from, page, 0, Math.min(packedBytes, length));
                    yield packedBytes;
                }
                case SNAPPY -> unsnappy.decompress(packed, from, packedBytes, page, 0, length);
                case ZSTD -> unzstd.decompress(packed, from, packedBytes, page, 0, length);
                case GZIP -> {
                    try (GZIPInputStream gzip =
                            new GZIPInputStream(new ByteArrayInputStream(packed, from, packedBytes))) {
                        yield gzip.readNBytes(page, 0, length) + (gzip.read() < 0 ? 0 : 1);
                    }
                }
                default ->
                    throw new CorruptParquetException(
                            "the file is packed with " + codec + "; snappy, gzip, zstd or none can be read");
            };
        } catch (MalformedInputException | IllegalArgumentException | IOException e) {
            throw e instanceof CorruptParquetException known
                    ? known
                    : new CorruptParquetException("a page cannot be unpacked");
        }
        if (unpacked != length) {
            throw new CorruptParquetException("a page unpacks to another length than its header says");
        }
        return page;
    }
}
