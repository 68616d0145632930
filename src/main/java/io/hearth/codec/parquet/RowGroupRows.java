package io.hearth.codec.parquet;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;

/** Walks the rows of a row group, all columns in step. */
final class RowGroupRows {
    private final ColumnReader[] readers;
    private final long rows;
    private long row = -1;

    /** @throws CorruptParquetException the group is not as its columns say */
    RowGroupRows(SeekableByteChannel file, RowGroup group, List<FileColumn> columns, PageCodec codec)
            throws IOException {
        rows = group.getNum_rows();
        AtomicInteger bytesOfAll = new AtomicInteger();
        Map<ColumnDescriptor, PageReader> pages = new HashMap<>();
        for (FileColumn column : columns) {
            if (group.getColumnsSize() != columns.size()
                    || !group.getColumns().get(column.place()).isSetMeta_data()) {
                throw new CorruptParquetException("a row group has other columns than the file");
            }
            ColumnMetaData meta = group.getColumns().get(column.place()).getMeta_data();
            if (meta.getNum_values() != rows) {
                throw new CorruptParquetException("the columns of a row group differ in length");
            }
            pages.put(column.descriptor(), new ChunkPages(file, column.descriptor(), meta, codec, bytesOfAll));
        }
        MessageType schema = new MessageType(
                "file", columns.stream().<Type>map(FileColumn::type).toList());
        ColumnReadStoreImpl store = new ColumnReadStoreImpl(new Store(pages, rows), new Ignored(), schema, "");
        readers = columns.stream()
                .map(column -> store.getColumnReader(column.descriptor()))
                .toArray(ColumnReader[]::new);
    }

    /** Goes on to the next row; false at the end. */
    boolean next() {
        if (row >= 0) {
            for (ColumnReader reader : readers) {
                reader.consume();
            }
        }
        return ++row < rows;
    }

    /** Stands on the row's value of a column. */
    ColumnReader at(FileColumn column) {
        return readers[column.place()];
    }

    private record Store(Map<ColumnDescriptor, PageReader> pages, long rows) implements PageReadStore {
        @Override
        public PageReader getPageReader(ColumnDescriptor descriptor) {
            PageReader reader = pages.get(descriptor);
            if (reader == null) {
                throw new IllegalArgumentException("no column " + descriptor);
            }
            return reader;
        }

        @Override
        public long getRowCount() {
            return rows;
        }
    }

    /** The library would have values handed to converters; here they are taken from the readers. */
    private static final class Ignored extends GroupConverter {
        @Override
        public Converter getConverter(int fieldIndex) {
            return new PrimitiveConverter() {};
        }

        @Override
        public void start() {}

        @Override
        public void end() {}
    }
}
