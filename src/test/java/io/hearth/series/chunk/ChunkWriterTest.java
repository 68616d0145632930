package io.hearth.series.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import io.hearth.model.Value;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ChunkWriterTest {

    @Test
    void encode_moreReadingsThanAChunkHas_makesSeveralInOrder() {
        ReadingBlock block = SmartHomeWorkload.readings(1, 40_000);
        List<Span> spans = List.of(
                new Span(15_000, Blocks.stamp(1), Blocks.MONTH_SECONDS),
                new Span(25_000, Blocks.stamp(2), Blocks.MONTH_SECONDS));
        byte[] extras = {9};

        List<Chunk> chunks = ChunkWriter.encode(block, spans, extras).stream()
                .map(Chunk::open)
                .toList();

        assertThat(chunks).extracting(Chunk::readings).containsExactly(10_000, 10_000, 10_000, 10_000);
        assertThat(chunks.get(1).firstMicros()).isEqualTo(block.timesMicros()[10_000]);
        assertThat(chunks.get(1).spans())
                .containsExactly(
                        new Span(5_000, Blocks.stamp(1), Blocks.MONTH_SECONDS),
                        new Span(5_000, Blocks.stamp(2), Blocks.MONTH_SECONDS));
        assertThat(chunks.get(3).extras()).isEqualTo(extras);
    }

    @Test
    void encode_moreBytesThanAChunkHas_makesSeveral() {
        int size = 4000;
        Random random = new Random(1);
        String[] texts = IntStream.range(0, size)
                .mapToObj(i -> Long.toHexString(random.nextLong()).repeat(40))
                .toArray(String[]::new);
        byte[] kinds = new byte[size];
        Arrays.fill(kinds, Column.TEXT);
        double[] noise = random.doubles(size).toArray();
        List<Column> columns = IntStream.range(0, 30)
                .mapToObj(i -> i == 0
                        ? new Column("a", kinds, noise, texts)
                        : new Column("noise-" + (100 + i), null, noise, null))
                .toList();
        ReadingBlock block = new ReadingBlock(size, LongStream.range(0, size).toArray(), columns);

        List<byte[]> chunks = ChunkWriter.encode(block, Blocks.oneSpan(block), Blocks.NO_EXTRAS);

        assertThat(chunks).hasSizeGreaterThan(1);
        assertThat(chunks).allSatisfy(chunk -> assertThat(chunk).hasSizeLessThanOrEqualTo(ChunkWriter.MAX_BYTES));
        assertThat(chunks.stream()
                        .mapToInt(chunk -> Chunk.open(chunk).readings())
                        .sum())
                .isEqualTo(size);
    }

    @Test
    void encode_columnWithoutAValue_leavesItOut() {
        double[] numbers = {1, 2};
        byte[] absent = {Column.ABSENT, Column.ABSENT};
        ReadingBlock block = new ReadingBlock(
                2,
                new long[] {1, 2},
                List.of(new Column("a", null, numbers, null), new Column("b", absent, numbers, null)));

        assertThat(Chunk.open(Blocks.encode(block)).metrics())
                .extracting(MetricSummary::metric)
                .containsExactly("a");
    }

    @Test
    void encode_whatIsNoBlockOfReadings_isRefused() {
        refused("times do not ascend", block(new long[] {2, 2}, "a", 1));
        refused("has the number NaN", block(new long[] {1, 2}, "a", Double.NaN));
        Column column = new Column("a", null, new double[] {1, 2}, null);
        refused("metrics do not ascend", new ReadingBlock(2, new long[] {1, 2}, List.of(column, column)));
        String text = "x".repeat(Value.MAX_TEXT_BYTES + 1);
        byte[] kinds = {Column.TEXT, Column.TEXT};
        Column texts = new Column("a", kinds, new double[2], new String[] {text, text});
        refused("a text has 1025 bytes", new ReadingBlock(2, new long[] {1, 2}, List.of(texts)));
    }

    private static ReadingBlock block(long[] times, String metric, double number) {
        return new ReadingBlock(2, times, List.of(new Column(metric, null, new double[] {number, number}, null)));
    }

    private static void refused(String message, ReadingBlock block) {
        assertThatThrownBy(() -> Blocks.encode(block))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void encode_spansOfOtherLength_isRefused() {
        ReadingBlock block = block(new long[] {1, 2}, "a", 1);
        List<Span> spans = List.of(new Span(3, Blocks.stamp(1), 1));

        assertThatThrownBy(() -> ChunkWriter.encode(block, spans, Blocks.NO_EXTRAS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("3 readings in spans, 2 in the block");
    }

    @Test
    void encode_valueThatIsTooLarge_isRefused() {
        ReadingBlock block = block(new long[] {1, 2}, "a", 1);
        byte[] extras = new byte[ChunkWriter.MAX_BYTES];

        assertThatThrownBy(() -> ChunkWriter.encode(block, Blocks.oneSpan(block), extras))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a single value does not fit into a chunk");
    }
}
