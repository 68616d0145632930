package io.hearth.series.chunk;

import io.hearth.bytes.ByteWriter;
import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import io.hearth.series.chunk.integer.IntegerEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes chunks of readings. */
public final class ChunkWriter {
    /** The most readings that a chunk has. */
    public static final int MAX_READINGS = ChunkFormat.MAX_READINGS;

    /** The most bytes that a chunk has: an item of DynamoDB may have 400 KB with its keys and the names of attributes. */
    public static final int MAX_BYTES = 384 * 1024;

    /** The most spans that a chunk has. */
    public static final int MAX_SPANS = ChunkFormat.MAX_SPANS;

    private ChunkWriter() {}

    /**
     * Encodes a window. The outcome is one chunk, or several with consecutive readings if one would be too large; each
     * stands on its own and has its own spans and all of {@code extras}. A reading that is too large by itself, as several
     * writes together may make it, is in several chunks, each with some of its metrics. More spans than {@link #MAX_SPANS} are joined:
     * see {@link SpanMerge}. Columns without a value are left out.
     *
     * @param block at least one reading
     * @param spans together as many readings as the block
     * @param extras anything, opaque, that the header shall carry; a few hundred bytes
     * @return in the order of time
     * @throws IllegalArgumentException if times or metrics do not ascend, a number is not finite, a text is longer than a
     *     value's may be, the spans do not fit, or a single value is too large for a chunk
     */
    public static List<byte[]> encode(ReadingBlock block, List<Span> spans, byte[] extras) {
        check(block, spans);
        List<byte[]> chunks = new ArrayList<>(1);
        encode(block, spans, extras, chunks);
        return chunks;
    }

    private static void check(ReadingBlock block, List<Span> spans) {
        int spanned = spans.stream().mapToInt(Span::readings).reduce(0, Math::addExact);
        if (block.size() < 1 || spanned != block.size()) {
            throw new IllegalArgumentException(spanned + " readings in spans, " + block.size() + " in the block");
        }
        for (int i = 1; i < block.size(); i++) {
            if (block.timesMicros()[i] <= block.timesMicros()[i - 1]) {
                throw new IllegalArgumentException("the times do not ascend at reading " + i);
            }
        }
        for (int i = 1; i < block.columns().size(); i++) {
            String metric = block.columns().get(i).metric();
            if (metric.compareTo(block.columns().get(i - 1).metric()) <= 0) {
                throw new IllegalArgumentException("the metrics do not ascend at " + metric);
            }
        }
    }

    private static void encode(ReadingBlock block, List<Span> spans, byte[] extras, List<byte[]> chunks) {
        int size = block.size();
        byte[] chunk = null;
        if (size <= MAX_READINGS && (long) size * block.columns().size() <= ChunkFormat.MAX_CELLS) {
            chunk = encodeOne(block, SpanMerge.merge(spans, MAX_SPANS), extras);
        }
        if (chunk != null && chunk.length <= MAX_BYTES) {
            chunks.add(chunk);
            return;
        }
        if (size == 1) {
            encodeByMetrics(block, spans, extras, chunks);
            return;
        }
        int half = size / 2;
        encode(slice(block, 0, half), slice(spans, 0, half), extras, chunks);
        encode(slice(block, half, size), slice(spans, half, size), extras, chunks);
    }

    private static void encodeByMetrics(ReadingBlock reading, List<Span> spans, byte[] extras, List<byte[]> chunks) {
        // Only those that have a value, so that no chunk has none.
        List<Column> columns = reading.columns().stream()
                .filter(column -> column.kindAt(0) != Column.ABSENT)
                .toList();
        int metrics = columns.size();
        if (metrics < 2) {
            throw new IllegalArgumentException("a single value does not fit into a chunk");
        }
        for (List<Column> half : List.of(columns.subList(0, metrics / 2), columns.subList(metrics / 2, metrics))) {
            encode(new ReadingBlock(1, reading.timesMicros(), half), spans, extras, chunks);
        }
    }

    private static byte[] encodeOne(ReadingBlock block, List<Span> spans, byte[] extras) {
        int size = block.size();
        long[] micros = Arrays.copyOf(block.timesMicros(), size);
        ByteWriter header = new ByteWriter(1024);
        ByteWriter body = new ByteWriter(1024);
        header.writeVarint(size);
        header.writeSignedVarint(micros[0]);
        header.writeVarint(micros[size - 1] - micros[0]);
        long[] offsets = Arrays.stream(micros).map(time -> time - micros[0]).toArray();
        IntegerEncoder.encode(offsets, size, body);
        section(header, body, 0);

        List<PackedColumn> columns = block.columns().stream()
                .map(column -> PackedColumn.of(column, size))
                .filter(column -> column.points() > 0)
                .toList();
        header.writeVarint(columns.size());
        for (PackedColumn column : columns) {
            byte[] name = column.column().metric().getBytes(StandardCharsets.UTF_8);
            header.writeVarint(name.length);
            header.writeBytes(name);
            int start = body.length();
            ColumnEncoder.encode(column, body);
            section(header, body, start);
            SummaryEncoder.encode(column, micros, header);
        }
        header.writeVarint(extras.length);
        header.writeBytes(extras);
        SpanCoder.encode(spans, header);
        return assemble(header.toByteArray(), body.toByteArray());
    }

    private static void section(ByteWriter header, ByteWriter body, int start) {
        header.writeVarint(body.length() - start);
        header.writeIntLE(ChunkFormat.crc32c(body.array(), start, body.length()));
    }

    private static byte[] assemble(byte[] header, byte[] body) {
        ByteWriter chunk = new ByteWriter(1024);
        chunk.writeByte(ChunkFormat.VERSION);
        chunk.writeIntLE(0);
        chunk.writeVarint(header.length);
        chunk.writeBytes(header);
        int headerEnd = chunk.length();
        chunk.writeBytes(body);
        byte[] bytes = chunk.toByteArray();
        int crc = ChunkFormat.headerCrc(bytes, headerEnd);
        for (int i = 0; i < Integer.BYTES; i++) {
            bytes[1 + i] = (byte) (crc >>> (8 * i));
        }
        return bytes;
    }

    private static ReadingBlock slice(ReadingBlock block, int start, int end) {
        List<Column> columns = block.columns().stream()
                .map(column -> slice(column, start, end))
                .toList();
        return new ReadingBlock(end - start, Arrays.copyOfRange(block.timesMicros(), start, end), columns);
    }

    private static Column slice(Column column, int start, int end) {
        byte[] kinds = column.kinds();
        @Nullable String[] texts = column.texts();
        return new Column(
                column.metric(),
                kinds == null ? null : Arrays.copyOfRange(kinds, start, end),
                Arrays.copyOfRange(column.numbers(), start, end),
                texts == null ? null : Arrays.copyOfRange(texts, start, end));
    }

    private static List<Span> slice(List<Span> spans, int start, int end) {
        List<Span> slice = new ArrayList<>();
        int at = 0;
        for (Span span : spans) {
            int from = Math.max(start, at);
            at += span.readings();
            int until = Math.min(end, at);
            if (from < until) {
                slice.add(new Span(until - from, span.stamp(), span.retentionSeconds()));
            }
        }
        return slice;
    }
}
