package io.hearth.series.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.HybridTime;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SpanMergeTest {
    private static final int MAX = ChunkWriter.MAX_SPANS;

    @Test
    void merge_neighboursOfOneWrite_becomeOne() {
        List<Span> spans = List.of(
                new Span(1, Blocks.stamp(5), 60), new Span(2, Blocks.stamp(5), 60), new Span(3, Blocks.stamp(5), 61));

        assertThat(SpanMerge.merge(spans, MAX))
                .containsExactly(new Span(3, Blocks.stamp(5), 60), new Span(3, Blocks.stamp(5), 61));
    }

    @Test
    void merge_fewWrites_stayApart() {
        List<Span> spans = List.of(
                new Span(1, Blocks.stamp(5), 60), new Span(2, Blocks.stamp(6), 60), new Span(3, Blocks.stamp(5), 60));

        assertThat(SpanMerge.merge(spans, MAX)).isEqualTo(spans);
    }

    @Test
    void merge_aWritePerReading_movesStampsByLittleAndNeverBack() {
        List<Span> spans = new ArrayList<>();
        for (int i = 0; i < 8640; i++) {
            spans.add(new Span(1, Blocks.stamp(10_000L * i), 60));
        }

        List<Span> merged = SpanMerge.merge(spans, MAX);

        assertThat(merged).hasSizeBetween(MAX / 2, MAX);
        assertThat(merged.stream().mapToInt(Span::readings).sum()).isEqualTo(8640);
        int reading = 0;
        for (Span span : merged) {
            for (int i = 0; i < span.readings(); i++) {
                long movedBy = span.stamp().time().physicalMillis() - 10_000L * reading++;
                assertThat(movedBy).isBetween(0L, 3_600_000L);
            }
        }
    }

    @Test
    void merge_lateReadings_keepTheirOwnStamp() {
        List<Span> spans = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            spans.add(new Span(1, Blocks.stamp(i == 100 ? 999_999_999 : i), 60));
        }

        List<Span> merged = SpanMerge.merge(spans, MAX);

        assertThat(merged).contains(new Span(1, Blocks.stamp(999_999_999), 60));
        assertThat(merged.get(0).stamp().time().physicalMillis()).isLessThan(10);
    }

    @Test
    void merge_manyRetentions_keepsTheLongerSoThatNothingExpiresEarly() {
        List<Span> spans = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            spans.add(new Span(1, Blocks.stamp(1), i % 2 == 0 ? 60 : 3600));
        }

        assertThat(SpanMerge.merge(spans, MAX)).containsExactly(new Span(500, Blocks.stamp(1), 3600));
    }

    @Test
    void merge_stampsOfOneTime_keepsTheLargerRegion() {
        HybridTime time = HybridTime.of(1, 0);
        List<Span> spans = List.of(
                new Span(1, new WriteStamp(time, new RegionId("us")), 60),
                new Span(1, new WriteStamp(time, new RegionId("eu")), 60));

        assertThat(SpanMerge.merge(spans, 1))
                .containsExactly(new Span(2, new WriteStamp(time, new RegionId("us")), 60));
    }

    @Test
    void spans_ofManyWritesAndRegions_areReadBack() {
        List<Span> spans = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            WriteStamp stamp =
                    new WriteStamp(HybridTime.of(1_767_225_600_000L + 777L * i, i * i), new RegionId("r" + i % 3));
            spans.add(new Span(1 + i % 4, stamp, 60L * (i % 2)));
        }
        ReadingBlock block = SmartHomeWorkload.readings(
                1, spans.stream().mapToInt(Span::readings).sum());

        List<byte[]> chunks = ChunkWriter.encode(block, spans, Blocks.NO_EXTRAS);

        assertThat(Chunk.open(chunks.get(0)).spans()).isEqualTo(spans);
    }

    @Test
    void merge_manySpansForEverAndForATime_keepsAllForEver() {
        List<Span> spans = new ArrayList<>();
        for (int i = 0; i < 2 * MAX; i++) {
            spans.add(new Span(1, Blocks.stamp(5), i % 2 == 0 ? 0 : 60));
        }

        assertThat(SpanMerge.merge(spans, MAX)).containsExactly(new Span(2 * MAX, Blocks.stamp(5), 0));
    }
}
