package io.hearth.codec.parquet;

import static org.apache.parquet.schema.LogicalTypeAnnotation.stringType;
import static org.apache.parquet.schema.LogicalTypeAnnotation.timestampType;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.BINARY;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.BOOLEAN;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.DOUBLE;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT64;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnWriteStore;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.column.ParquetProperties.WriterVersion;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ConvertedType;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.LogicalType;
import org.apache.parquet.format.MicroSeconds;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.StringType;
import org.apache.parquet.format.TimeUnit;
import org.apache.parquet.format.TimestampType;
import org.apache.parquet.format.Type;
import org.apache.parquet.format.Util;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Types;

/**
 * Writes readings as a Parquet file of points, a row each: {@code device}, {@code ts} (µs, UTC), {@code metric}, and the
 * value in that of {@code number}, {@code boolean} and {@code text} which is its type, the others null. Written to a stream
 * as it grows, a row group of some megabytes at a time.
 */
public final class ParquetPointsWriter {
    static final byte[] MAGIC = {'P', 'A', 'R', '1'};

    private static final int ROW_GROUP_BYTES = 8 << 20;
    private static final int PAGE_BYTES = 256 << 10;
    private static final int ROWS_BETWEEN_CHECKS = 1024;

    private static final MessageType SCHEMA = Types.buildMessage()
            .required(BINARY)
            .as(stringType())
            .named("device")
            .required(INT64)
            .as(timestampType(true, LogicalTypeAnnotation.TimeUnit.MICROS))
            .named("ts")
            .required(BINARY)
            .as(stringType())
            .named("metric")
            .optional(DOUBLE)
            .named("number")
            .optional(BOOLEAN)
            .named("boolean")
            .optional(BINARY)
            .as(stringType())
            .named("text")
            .named("points");

    private final OutputStream out;
    private final PageCodec codec = new PageCodec();
    private final ParquetProperties properties = ParquetProperties.builder()
            .withWriterVersion(WriterVersion.PARQUET_1_0)
            .withPageSize(PAGE_BYTES)
            .withDictionaryPageSize(PAGE_BYTES)
            .build();
    private final List<RowGroup> rowGroups = new ArrayList<>();
    private final Map<ColumnDescriptor, ColumnPages> pages = new LinkedHashMap<>();
    private ColumnWriteStore store;
    private ColumnWriter[] columns = new ColumnWriter[0];
    private long position;
    private long rows;
    private long rowsOfGroup;

    /** Begins a file; nothing is written before {@link #begin}. */
    public ParquetPointsWriter(OutputStream out) {
        this.out = out;
        store = newRowGroup();
    }

    public void begin() throws IOException {
        write(MAGIC);
    }

    public void block(DeviceId device, ReadingBlock block) throws IOException {
        Binary deviceName = Binary.fromConstantByteArray(device.value().getBytes(StandardCharsets.US_ASCII));
        List<Column> metrics = block.columns();
        Binary[] metricNames = metrics.stream()
                .map(column -> Binary.fromConstantByteArray(column.metric().getBytes(StandardCharsets.UTF_8)))
                .toArray(Binary[]::new);
        for (int i = 0; i < block.size(); i++) {
            for (int m = 0; m < metricNames.length; m++) {
                if (metrics.get(m).kindAt(i) != Column.ABSENT) {
                    columns[0].write(deviceName, 0, 0);
                    columns[1].write(block.timesMicros()[i], 0, 0);
                    columns[2].write(metricNames[m], 0, 0);
                    value(metrics.get(m), i);
                    store.endRecord();
                    rowsOfGroup++;
                    if (rowsOfGroup % ROWS_BETWEEN_CHECKS == 0 && store.getBufferedSize() >= ROW_GROUP_BYTES) {
                        endRowGroup();
                    }
                }
            }
        }
    }

    private void value(Column metric, int index) {
        byte kind = metric.kindAt(index);
        if (kind == Column.NUMBER) {
            columns[3].write(metric.numbers()[index], 0, 1);
        } else {
            columns[3].writeNull(0, 0);
        }
        if (kind == Column.BOOL) {
            columns[4].write(metric.numbers()[index] != 0, 0, 1);
        } else {
            columns[4].writeNull(0, 0);
        }
        if (kind == Column.TEXT) {
            columns[5].write(Binary.fromConstantByteArray(metric.textAt(index).getBytes(StandardCharsets.UTF_8)), 0, 1);
        } else {
            columns[5].writeNull(0, 0);
        }
    }

    /** Completes the file; the stream stays open. */
    public void end() throws IOException {
        if (rowsOfGroup > 0) {
            endRowGroup();
        }
        store.close();
        FileMetaData footer = new FileMetaData(2, schema(), rows, rowGroups);
        footer.setCreated_by("hearth");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Util.writeFileMetaData(footer, bytes);
        int length = bytes.size();
        bytes.write(ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(length)
                .array());
        bytes.write(MAGIC);
        write(bytes.toByteArray());
    }

    private ColumnWriteStore newRowGroup() {
        pages.clear();
        for (ColumnDescriptor column : SCHEMA.getColumns()) {
            pages.put(column, new ColumnPages(column, codec));
        }
        ColumnWriteStore newStore = properties.newColumnWriteStore(SCHEMA, pages::get);
        columns = SCHEMA.getColumns().stream().map(newStore::getColumnWriter).toArray(ColumnWriter[]::new);
        rowsOfGroup = 0;
        return newStore;
    }

    private void endRowGroup() throws IOException {
        store.flush();
        store.close();
        List<ColumnChunk> chunks = new ArrayList<>();
        long unpackedBytes = 0;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (ColumnPages column : pages.values()) {
            chunks.add(column.describe(position + bytes.size()));
            column.writeTo(bytes);
            unpackedBytes += column.unpackedBytes();
        }
        RowGroup group = new RowGroup(chunks, unpackedBytes, rowsOfGroup);
        group.setFile_offset(position);
        group.setTotal_compressed_size(bytes.size());
        rowGroups.add(group);
        rows += rowsOfGroup;
        write(bytes.toByteArray());
        store = newRowGroup();
    }

    private void write(byte[] bytes) throws IOException {
        out.write(bytes);
        position += bytes.length;
    }

    private static List<SchemaElement> schema() {
        LogicalType text = LogicalType.STRING(new StringType());
        LogicalType time = LogicalType.TIMESTAMP(new TimestampType(true, TimeUnit.MICROS(new MicroSeconds())));
        SchemaElement root = new SchemaElement(SCHEMA.getName());
        root.setNum_children(SCHEMA.getFieldCount());
        return List.of(
                root,
                element("device", Type.BYTE_ARRAY, FieldRepetitionType.REQUIRED)
                        .setLogicalType(text)
                        .setConverted_type(ConvertedType.UTF8),
                element("ts", Type.INT64, FieldRepetitionType.REQUIRED)
                        .setLogicalType(time)
                        .setConverted_type(ConvertedType.TIMESTAMP_MICROS),
                element("metric", Type.BYTE_ARRAY, FieldRepetitionType.REQUIRED)
                        .setLogicalType(text)
                        .setConverted_type(ConvertedType.UTF8),
                element("number", Type.DOUBLE, FieldRepetitionType.OPTIONAL),
                element("boolean", Type.BOOLEAN, FieldRepetitionType.OPTIONAL),
                element("text", Type.BYTE_ARRAY, FieldRepetitionType.OPTIONAL)
                        .setLogicalType(text)
                        .setConverted_type(ConvertedType.UTF8));
    }

    private static SchemaElement element(String name, Type type, FieldRepetitionType repetition) {
        return new SchemaElement(name).setType(type).setRepetition_type(repetition);
    }
}
