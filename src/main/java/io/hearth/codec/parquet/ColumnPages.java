package io.hearth.codec.parquet;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageWriter;
import org.apache.parquet.column.statistics.SizeStatistics;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.column.statistics.geospatial.GeospatialStatistics;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DictionaryPageHeader;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Type;
import org.apache.parquet.format.Util;
import org.jspecify.annotations.Nullable;

/** The packed pages of one column of a row group, while that is being written. */
final class ColumnPages implements PageWriter {
    private final ColumnDescriptor column;
    private final PageCodec codec;
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private final ByteArrayOutputStream dictionary = new ByteArrayOutputStream();
    private final Set<Encoding> encodings = EnumSet.noneOf(Encoding.class);
    private @Nullable Statistics<?> statistics;
    private long values;
    private long unpackedBytes;

    ColumnPages(ColumnDescriptor column, PageCodec codec) {
        this.column = column;
        this.codec = codec;
    }

    @Override
    public void writePage(
            BytesInput bytes,
            int valueCount,
            Statistics<?> pageStatistics,
            Encoding repetitionEncoding,
            Encoding definitionEncoding,
            Encoding valuesEncoding)
            throws IOException {
        writePage(bytes, valueCount, 0, pageStatistics, repetitionEncoding, definitionEncoding, valuesEncoding);
    }

    @Override
    public void writePage(
            BytesInput bytes,
            int valueCount,
            int rowCount,
            Statistics<?> pageStatistics,
            Encoding repetitionEncoding,
            Encoding definitionEncoding,
            Encoding valuesEncoding)
            throws IOException {
        PageHeader header = new PageHeader(PageType.DATA_PAGE, 0, 0);
        header.setData_page_header(new DataPageHeader(
                valueCount, named(valuesEncoding), named(definitionEncoding), named(repetitionEncoding)));
        write(header, bytes.toByteArray(), data);
        encodings.addAll(List.of(repetitionEncoding, definitionEncoding, valuesEncoding));
        values += valueCount;
        if (statistics == null) {
            statistics = pageStatistics.copy();
        } else {
            statistics.mergeStatistics(pageStatistics);
        }
    }

    @Override
    public void writePage(
            BytesInput bytes,
            int valueCount,
            int rowCount,
            Statistics<?> pageStatistics,
            SizeStatistics sizes,
            GeospatialStatistics places,
            Encoding repetitionEncoding,
            Encoding definitionEncoding,
            Encoding valuesEncoding)
            throws IOException {
        writePage(bytes, valueCount, rowCount, pageStatistics, repetitionEncoding, definitionEncoding, valuesEncoding);
    }

    @Override
    public void writePageV2(
            int rowCount,
            int nullCount,
            int valueCount,
            BytesInput repetitionLevels,
            BytesInput definitionLevels,
            Encoding dataEncoding,
            BytesInput bytes,
            Statistics<?> pageStatistics) {
        throw new UnsupportedOperationException("pages of version 1 are written, which every reader knows");
    }

    @Override
    public void writeDictionaryPage(DictionaryPage page) throws IOException {
        PageHeader header = new PageHeader(PageType.DICTIONARY_PAGE, 0, 0);
        header.setDictionary_page_header(new DictionaryPageHeader(page.getDictionarySize(), named(page.getEncoding())));
        write(header, page.getBytes().toByteArray(), dictionary);
        encodings.add(page.getEncoding());
    }

    @Override
    public long getMemSize() {
        return (long) data.size() + dictionary.size();
    }

    @Override
    public long allocatedSize() {
        return getMemSize();
    }

    @Override
    public String memUsageString(String prefix) {
        return prefix + getMemSize() + " bytes of packed pages";
    }

    long unpackedBytes() {
        return unpackedBytes;
    }

    /** The pages: that of the dictionary first. */
    void writeTo(ByteArrayOutputStream target) throws IOException {
        dictionary.writeTo(target);
        data.writeTo(target);
    }

    /** What the footer says of this column. */
    ColumnChunk describe(long fileOffset) {
        ColumnMetaData meta = new ColumnMetaData(
                Type.valueOf(typeName(column)),
                encodings.stream().map(ColumnPages::named).toList(),
                List.of(column.getPath()),
                PageCodec.WRITTEN,
                values,
                unpackedBytes,
                getMemSize(),
                fileOffset + dictionary.size());
        if (dictionary.size() > 0) {
            meta.setDictionary_page_offset(fileOffset);
        }
        Statistics<?> known = statistics;
        if (known != null && !known.isEmpty()) {
            var written = new org.apache.parquet.format.Statistics();
            written.setNull_count(known.getNumNulls());
            if (known.hasNonNullValue()) {
                written.setMin_value(known.getMinBytes());
                written.setMax_value(known.getMaxBytes());
            }
            meta.setStatistics(written);
        }
        ColumnChunk chunk = new ColumnChunk(0);
        chunk.setMeta_data(meta);
        return chunk;
    }

    private void write(PageHeader header, byte[] page, ByteArrayOutputStream target) throws IOException {
        byte[] packed = codec.pack(page);
        header.setUncompressed_page_size(page.length);
        header.setCompressed_page_size(packed.length);
        int before = target.size();
        Util.writePageHeader(header, target);
        unpackedBytes += target.size() - before + page.length;
        target.write(packed);
    }

    private static org.apache.parquet.format.Encoding named(Encoding encoding) {
        return org.apache.parquet.format.Encoding.valueOf(encoding.name());
    }

    private static String typeName(ColumnDescriptor column) {
        String name = column.getPrimitiveType().getPrimitiveTypeName().name();
        return name.equals("BINARY") ? "BYTE_ARRAY" : name;
    }
}
