package io.hearth.series.chunk;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.Format;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import io.hearth.series.chunk.integer.IntegerDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/*
 * Layout. Fixed-width numbers are little-endian; a varint has seven bits a byte, low ones first; zigzag is a varint of
 * 0, -1, 1, -2, … as 0, 1, 2, 3, …; "integers" are a sequence as IntegerDecoder reads it.
 *
 *   u8      version, 1
 *   u32     CRC32C of the header: of the version, then of all from behind this field to the header's end
 *   varint  bytes of the rest of the header
 *   ┌ varint  readings, at least 1
 *   │ zigzag  first device time in µs · varint last device time less the first
 *   │ varint  bytes of the times · u32 their CRC32C
 *   │ varint  metrics
 *   │ each, by name ascending:
 *   │   varint  bytes of the name · UTF-8
 *   │   varint  bytes of the column · u32 its CRC32C
 *   │   summary (SummaryDecoder)
 *   │ varint  bytes of extras · extras
 *   └ spans (SpanCoder)
 *   integers  the times, in µs after the first one
 *   columns   (ColumnDecoder), in the order of the header, to the end of the chunk
 *
 * The first two fields are for every version to come. A change of anything else needs a new one; ChunkGoldenTest pins the
 * bytes.
 */
/**
 * One device's closed window, opened: its header is read and checked, its columns are not yet. Reading a chunk never
 * trusts its bytes: whatever they are, the outcome is the readings that were written or a {@link CorruptChunkException}.
 * Any number of threads may use a chunk, each with its own scratch.
 */
public final class Chunk {
    private static final String HEADER = "header";

    private final byte[] bytes;
    private final int readings;
    private final long firstMicros;
    private final long lastMicros;
    private final Section times;
    private final List<Section> sections;
    private final List<MetricSummary> metrics;
    private final byte[] extras;
    private final int spansStart;
    private final int headerEnd;
    private @Nullable List<Span> spans;

    private record Section(int start, int bytes, int crc) {}

    private Chunk(byte[] bytes) {
        this.bytes = bytes;
        ByteReader in = checkedHeader(bytes);
        headerEnd = in.position() + in.remaining();
        readings = in.readCount(1, ChunkFormat.MAX_READINGS);
        firstMicros = in.readSignedVarint();
        lastMicros = firstMicros + in.readVarint();
        int at = headerEnd;
        times = section(in, at);
        at += times.bytes;
        int metricCount = in.readCount(0, Math.min(in.remaining(), ChunkFormat.MAX_CELLS / readings));
        sections = new ArrayList<>(metricCount);
        metrics = new ArrayList<>(metricCount);
        for (int i = 0; i < metricCount; i++) {
            int nameBytes = in.readCount(0, in.remaining());
            String metric = new String(bytes, in.take(nameBytes), nameBytes, StandardCharsets.UTF_8);
            Section section = section(in, at);
            at += section.bytes;
            sections.add(section);
            metrics.add(SummaryDecoder.decode(in, metric, readings, firstMicros, lastMicros));
        }
        if (at != bytes.length || lastMicros < firstMicros) {
            throw in.corrupt("it does not fit the " + bytes.length + " bytes of the chunk");
        }
        extras = in.readBytes(in.readCount(0, in.remaining()));
        spansStart = in.position();
    }

    private static ByteReader checkedHeader(byte[] bytes) {
        ByteReader prelude = ChunkFormat.reader(bytes, 0, bytes.length, HEADER);
        int version = prelude.readByte();
        int crc = prelude.readIntLE();
        int length = prelude.readCount(0, bytes.length);
        int start = prelude.take(length);
        if (crc != ChunkFormat.headerCrc(bytes, start + length)) {
            throw prelude.corrupt("its checksum differs");
        }
        Format.require(version, ChunkFormat.VERSION, "a chunk");
        return ChunkFormat.reader(bytes, start, start + length, HEADER);
    }

    private static Section section(ByteReader in, int start) {
        int bytes = in.readCount(0, in.array().length - start);
        return new Section(start, bytes, in.readIntLE());
    }

    /**
     * Reads and checks the header.
     *
     * @param bytes kept, not copied; must not change while the chunk is in use
     * @throws CorruptChunkException if the header is not as it was written, or bytes are missing
     * @throws UnsupportedFormatException if a later build has written it
     */
    public static Chunk open(byte[] bytes) {
        return new Chunk(bytes);
    }

    public int readings() {
        return readings;
    }

    /** Device time of the first reading. */
    public long firstMicros() {
        return firstMicros;
    }

    /** Device time of the last reading. */
    public long lastMicros() {
        return lastMicros;
    }

    /** All metrics, by name ascending. */
    public List<MetricSummary> metrics() {
        return Collections.unmodifiableList(metrics);
    }

    /** What the caller stored along; not a copy. */
    public byte[] extras() {
        return extras;
    }

    /**
     * Who wrote which readings, in the order of the readings, all of them.
     *
     * @throws CorruptChunkException if they make no sense in spite of a right checksum
     */
    public List<Span> spans() {
        List<Span> known = spans;
        if (known == null) {
            ByteReader in = ChunkFormat.reader(bytes, spansStart, headerEnd, HEADER);
            known = SpanCoder.decode(in, readings);
            in.expectEnd();
            spans = known;
        }
        return known;
    }

    /**
     * Decodes the times and the columns of some metrics; other columns cost nothing and are not checked.
     *
     * @param wanted which metrics, by name; may be none
     * @param scratch takes the arrays of the answer, which is valid until its next use
     * @return all readings, also those that have none of the metrics
     * @throws CorruptChunkException if the times or a wanted column are not as they were written
     */
    public ReadingBlock decode(Predicate<String> wanted, ChunkScratch scratch) {
        return decodeBefore(Long.MAX_VALUE, wanted, scratch);
    }

    /** As {@link #decode}, but only the readings before a time; the earlier it is, the less there is to do. */
    public ReadingBlock decodeBefore(long endMicros, Predicate<String> wanted, ChunkScratch scratch) {
        long[] micros = decodeTimes(scratch);
        int size = readings;
        if (endMicros <= lastMicros) {
            int at = Arrays.binarySearch(micros, 0, readings, endMicros);
            size = at >= 0 ? at : -at - 1;
        }
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < sections.size(); i++) {
            String metric = metrics.get(i).metric();
            if (wanted.test(metric)) {
                ByteReader in = checked(sections.get(i), "column " + metric);
                columns.add(ColumnDecoder.decode(in, metric, readings, size, scratch, scratch.column(columns.size())));
            }
        }
        return new ReadingBlock(size, micros, columns);
    }

    private long[] decodeTimes(ChunkScratch scratch) {
        ByteReader in = checked(times, "times");
        long[] micros = scratch.times(readings);
        IntegerDecoder.decode(in, readings, micros, scratch.forIntegers());
        in.expectEnd();
        long before = Long.MIN_VALUE;
        boolean ascending = true;
        for (int i = 0; i < readings; i++) {
            long time = firstMicros + micros[i];
            ascending &= time > before;
            micros[i] = time;
            before = time;
        }
        if (!ascending || micros[0] != firstMicros || micros[readings - 1] != lastMicros) {
            throw in.corrupt("they do not ascend from the first to the last");
        }
        return micros;
    }

    private ByteReader checked(Section section, String part) {
        int end = section.start + section.bytes;
        ByteReader in = ChunkFormat.reader(bytes, section.start, end, part);
        if (ChunkFormat.crc32c(bytes, section.start, end) != section.crc) {
            throw in.corrupt("its checksum differs");
        }
        return in;
    }
}
