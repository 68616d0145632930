package io.hearth.codec.parquet;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DataPageV2;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DataPageHeaderV2;
import org.apache.parquet.format.DictionaryPageHeader;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Util;
import org.jspecify.annotations.Nullable;

/** The pages of one column of a row group, read from the file one by one. */
final class ChunkPages implements PageReader {
    /** No page is larger, packed or not: writers make them of about a megabyte. */
    private static final int MAX_PAGE_BYTES = 64 << 20;

    /** Packed well, a small file may hold many large pages: so much of them is in memory at a time, of all columns. */
    static final int MAX_BYTES_OF_ALL = 512 << 20;

    private static final int HEADER_BYTES = 64 << 10;

    private final SeekableByteChannel file;
    private final ColumnDescriptor column;
    private final ColumnMetaData meta;
    private final PageCodec codec;
    private final AtomicInteger bytesOfAll;
    private int dictionaryBytes;
    private int pageBytes;
    private long position;
    private final long end;
    private long valuesLeft;
    private @Nullable DictionaryPage dictionary;
    private @Nullable DataPage firstPage;

    /**
     * @param bytesOfAll what the pages of all columns hold in memory together
     * @throws CorruptParquetException the chunk lies outside of the file, or its first page is damaged
     */
    ChunkPages(
            SeekableByteChannel file,
            ColumnDescriptor column,
            ColumnMetaData meta,
            PageCodec codec,
            AtomicInteger bytesOfAll)
            throws IOException {
        this.file = file;
        this.column = column;
        this.meta = meta;
        this.codec = codec;
        this.bytesOfAll = bytesOfAll;
        long data = meta.getData_page_offset();
        long start = meta.isSetDictionary_page_offset() && meta.getDictionary_page_offset() > 0
                ? Math.min(meta.getDictionary_page_offset(), data)
                : data;
        position = start;
        end = start + meta.getTotal_compressed_size();
        valuesLeft = meta.getNum_values();
        if (start < 0 || end < start || end > file.size()) {
            throw new CorruptParquetException("a column lies outside of the file");
        }
        // The dictionary is asked for before the first page, and whether there is one only the pages tell.
        firstPage = read();
    }

    @Override
    public @Nullable DictionaryPage readDictionaryPage() {
        return dictionary;
    }

    @Override
    public long getTotalValueCount() {
        return meta.getNum_values();
    }

    @Override
    public @Nullable DataPage readPage() {
        DataPage first = firstPage;
        firstPage = null;
        if (first != null) {
            return first;
        }
        try {
            return read();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private @Nullable DataPage read() throws IOException {
        while (valuesLeft > 0 && position < end) {
            PageHeader header = readHeader();
            byte[] packed = readBytes(header.getCompressed_page_size());
            int unpackedBytes = header.getUncompressed_page_size();
            if (unpackedBytes < 0 || unpackedBytes > MAX_PAGE_BYTES) {
                throw new CorruptParquetException(
                        "a page has " + unpackedBytes + " bytes, of at most " + MAX_PAGE_BYTES);
            }
            boolean isDictionary = header.getType() == PageType.DICTIONARY_PAGE;
            hold(isDictionary ? unpackedBytes : dictionaryBytes, isDictionary ? 0 : unpackedBytes);
            if (header.getType() == PageType.DICTIONARY_PAGE && header.isSetDictionary_page_header()) {
                DictionaryPageHeader its = header.getDictionary_page_header();
                if (its.getNum_values() < 0 || its.getNum_values() > unpackedBytes) {
                    throw new CorruptParquetException("a dictionary has more values than bytes");
                }
                dictionary = new DictionaryPage(
                        BytesInput.from(codec.unpack(meta.getCodec(), packed, 0, unpackedBytes)),
                        its.getNum_values(),
                        named(its.getEncoding()));
            } else if (header.getType() == PageType.DATA_PAGE && header.isSetData_page_header()) {
                return pageOfVersion1(header.getData_page_header(), packed, unpackedBytes);
            } else if (header.getType() == PageType.DATA_PAGE_V2 && header.isSetData_page_header_v2()) {
                return pageOfVersion2(header.getData_page_header_v2(), packed, unpackedBytes);
            }
        }
        return null;
    }

    private void hold(int newDictionaryBytes, int newPageBytes) throws CorruptParquetException {
        int more = newDictionaryBytes + newPageBytes - dictionaryBytes - pageBytes;
        dictionaryBytes = newDictionaryBytes;
        pageBytes = newPageBytes;
        if (bytesOfAll.addAndGet(more) > MAX_BYTES_OF_ALL) {
            throw new CorruptParquetException(
                    "the pages of a row have more than " + MAX_BYTES_OF_ALL + " bytes together");
        }
    }

    private DataPage pageOfVersion1(DataPageHeader header, byte[] packed, int unpackedBytes) throws IOException {
        count(header.getNum_values());
        return new DataPageV1(
                BytesInput.from(codec.unpack(meta.getCodec(), packed, 0, unpackedBytes)),
                header.getNum_values(),
                unpackedBytes,
                noStatistics(),
                named(header.getRepetition_level_encoding()),
                named(header.getDefinition_level_encoding()),
                named(header.getEncoding()));
    }

    private DataPage pageOfVersion2(DataPageHeaderV2 header, byte[] packed, int unpackedBytes) throws IOException {
        count(header.getNum_values());
        int repetition = header.getRepetition_levels_byte_length();
        int definition = header.getDefinition_levels_byte_length();
        int levels = repetition + definition;
        if (repetition < 0 || definition < 0 || levels < 0 || levels > packed.length || levels > unpackedBytes) {
            throw new CorruptParquetException("a page has levels that are larger than it");
        }
        boolean isPacked = !header.isSetIs_compressed() || header.isIs_compressed();
        BytesInput data = isPacked
                ? BytesInput.from(codec.unpack(meta.getCodec(), packed, levels, unpackedBytes - levels))
                : BytesInput.from(packed, levels, packed.length - levels);
        return DataPageV2.uncompressed(
                header.getNum_rows(),
                header.getNum_nulls(),
                header.getNum_values(),
                BytesInput.from(packed, 0, repetition),
                BytesInput.from(packed, repetition, definition),
                named(header.getEncoding()),
                data,
                noStatistics());
    }

    private void count(int values) throws CorruptParquetException {
        if (values <= 0 || values > valuesLeft) {
            throw new CorruptParquetException("a page has another number of values than the footer says");
        }
        valuesLeft -= values;
    }

    private PageHeader readHeader() throws IOException {
        byte[] bytes = bytesAt(position, (int) Math.min(HEADER_BYTES, end - position));
        ByteArrayInputStream in = new ByteArrayInputStream(bytes);
        PageHeader header;
        try {
            header = Util.readPageHeader(in);
        } catch (IOException | RuntimeException e) {
            throw new CorruptParquetException("a page has no header");
        }
        position += bytes.length - in.available();
        return header;
    }

    private byte[] readBytes(int length) throws IOException {
        if (length < 0 || length > MAX_PAGE_BYTES || length > end - position) {
            throw new CorruptParquetException("a page is larger than its column");
        }
        byte[] bytes = bytesAt(position, length);
        position += length;
        return bytes;
    }

    private byte[] bytesAt(long offset, int length) throws IOException {
        InputStream in = Channels.newInputStream(file.position(offset));
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new CorruptParquetException("the file ends early");
        }
        return bytes;
    }

    private Statistics<?> noStatistics() {
        return Statistics.createStats(column.getPrimitiveType());
    }

    private static Encoding named(org.apache.parquet.format.Encoding encoding) throws CorruptParquetException {
        if (encoding == null) {
            throw new CorruptParquetException("a page has an unknown encoding");
        }
        return Encoding.valueOf(encoding.name());
    }
}
