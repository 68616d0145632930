package io.hearth.series.chunk;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.series.chunk.integer.IntegerDecoder;
import io.hearth.series.chunk.integer.IntegerEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * The spans of a chunk, in the order of its readings.
 *
 * <pre>
 * varint spans · varint regions · each region: u8 bytes, UTF-8
 * integers, one per span: readings · physical ms of the stamp · its counter · index of its region · retention in s
 * </pre>
 */
final class SpanCoder {
    private static final int MAX_REGION_BYTES = 32;

    private SpanCoder() {}

    static void encode(List<Span> spans, ByteWriter out) {
        List<RegionId> regions = spans.stream()
                .map(span -> span.stamp().region())
                .distinct()
                .sorted()
                .toList();
        out.writeVarint(spans.size());
        out.writeVarint(regions.size());
        for (RegionId region : regions) {
            byte[] utf8 = region.value().getBytes(StandardCharsets.UTF_8);
            out.writeByte(utf8.length);
            out.writeBytes(utf8);
        }
        encode(spans, Span::readings, out);
        encode(spans, span -> span.stamp().time().physicalMillis(), out);
        encode(spans, span -> span.stamp().time().counter(), out);
        encode(spans, span -> regions.indexOf(span.stamp().region()), out);
        encode(spans, Span::retentionSeconds, out);
    }

    private static void encode(List<Span> spans, ToLongFunction<Span> field, ByteWriter out) {
        IntegerEncoder.encode(spans.stream().mapToLong(field).toArray(), spans.size(), out);
    }

    static List<Span> decode(ByteReader in, int readings) {
        int count = in.readCount(1, Math.min(readings, ChunkFormat.MAX_SPANS));
        int regionCount = in.readCount(1, count);
        List<RegionId> regions = new ArrayList<>(regionCount);
        for (int i = 0; i < regionCount; i++) {
            regions.add(region(in));
        }
        ChunkScratch scratch = new ChunkScratch();
        long[] lengths = decode(in, count, scratch);
        long[] millis = decode(in, count, scratch);
        long[] counters = decode(in, count, scratch);
        long[] regionIndexes = decode(in, count, scratch);
        long[] retentions = decode(in, count, scratch);
        List<Span> spans = new ArrayList<>(count);
        long rest = readings;
        for (int i = 0; i < count; i++) {
            if (lengths[i] < 1
                    || lengths[i] > rest
                    || millis[i] < 0
                    || millis[i] > Long.MAX_VALUE >>> HybridTime.COUNTER_BITS
                    || counters[i] < 0
                    || counters[i] > HybridTime.MAX_COUNTER
                    || regionIndexes[i] < 0
                    || regionIndexes[i] >= regionCount) {
                throw in.corrupt("span " + i);
            }
            rest -= lengths[i];
            WriteStamp stamp =
                    new WriteStamp(HybridTime.of(millis[i], (int) counters[i]), regions.get((int) regionIndexes[i]));
            spans.add(new Span((int) lengths[i], stamp, retentions[i]));
        }
        if (rest != 0) {
            throw in.corrupt("the spans leave out " + rest + " readings");
        }
        return List.copyOf(spans);
    }

    private static long[] decode(ByteReader in, int count, ChunkScratch scratch) {
        long[] values = new long[count];
        IntegerDecoder.decode(in, count, values, scratch.forIntegers());
        return values;
    }

    private static RegionId region(ByteReader in) {
        int bytes = in.readCount(1, MAX_REGION_BYTES);
        String name = new String(in.readBytes(bytes), StandardCharsets.UTF_8);
        try {
            return new RegionId(name);
        } catch (IllegalArgumentException e) {
            throw in.corrupt("no region id: " + name);
        }
    }
}
