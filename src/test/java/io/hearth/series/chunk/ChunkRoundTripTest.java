package io.hearth.series.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.quicktheories.QuickTheory.qt;
import static org.quicktheories.generators.SourceDSL.integers;
import static org.quicktheories.generators.SourceDSL.longs;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChunkRoundTripTest {
    private final ChunkScratch scratch = new ChunkScratch();

    @Test
    void decode_anyReadings_givesThemBackToTheBit() {
        qt().withExamples(1500)
                .forAll(longs().all(), integers().between(1, 1200))
                .checkAssert((seed, size) -> {
                    ReadingBlock block = RandomReadings.block(seed, size);

                    Chunk chunk = Chunk.open(Blocks.encode(block));

                    assertThat(chunk.readings()).isEqualTo(size);
                    assertThat(chunk.firstMicros()).isEqualTo(block.timesMicros()[0]);
                    assertThat(chunk.lastMicros()).isEqualTo(block.timesMicros()[size - 1]);
                    assertThat(chunk.spans()).isEqualTo(Blocks.oneSpan(block));
                    Blocks.assertSame(chunk.decode(metric -> true, scratch), block);
                });
    }

    @Test
    void decodeBefore_anyTime_givesTheReadingsBeforeIt() {
        qt().withExamples(1000)
                .forAll(longs().all(), integers().between(1, 1200), integers().between(-1, 1200))
                .checkAssert((seed, size, at) -> {
                    ReadingBlock block = RandomReadings.block(seed, size);
                    int before = Math.max(0, Math.min(size, at));
                    long end = before == size ? block.timesMicros()[size - 1] + 1 : block.timesMicros()[before];

                    ReadingBlock part = Chunk.open(Blocks.encode(block)).decodeBefore(end, metric -> true, scratch);

                    assertThat(part.size()).isEqualTo(before);
                    for (Column column : part.columns()) {
                        Column whole = block.columns().stream()
                                .filter(one -> one.metric().equals(column.metric()))
                                .findFirst()
                                .orElseThrow();
                        for (int i = 0; i < before; i++) {
                            assertThat(part.timesMicros()[i]).isEqualTo(block.timesMicros()[i]);
                            assertThat(column.valueAt(i)).isEqualTo(whole.valueAt(i));
                        }
                    }
                });
    }

    @Test
    void decode_largestChunk_givesItBackToTheBit() {
        qt().withExamples(20).forAll(longs().all()).checkAssert(seed -> {
            ReadingBlock block = RandomReadings.block(seed, ChunkWriter.MAX_READINGS);
            int from = 0;

            for (byte[] bytes : ChunkWriter.encode(block, Blocks.oneSpan(block), Blocks.NO_EXTRAS)) {
                assertThat(bytes.length).isLessThanOrEqualTo(ChunkWriter.MAX_BYTES);
                ReadingBlock part = Chunk.open(bytes).decode(metric -> true, scratch);
                for (int i = 0; i < part.size(); i++) {
                    assertThat(part.timesMicros()[i]).isEqualTo(block.timesMicros()[from + i]);
                }
                from += part.size();
            }

            assertThat(from).isEqualTo(block.size());
        });
    }

    @Test
    void decode_someMetrics_givesOnlyThese() {
        ReadingBlock day = SmartHomeWorkload.readings(7, 100);
        Chunk chunk = Chunk.open(Blocks.encode(day));

        ReadingBlock part = chunk.decode(Set.of("humidity", "pressure")::contains, scratch);
        ReadingBlock none = chunk.decode(metric -> false, new ChunkScratch());

        assertThat(part.columns()).extracting(Column::metric).containsExactly("humidity");
        Blocks.assertSame(part.columns().get(0), day.columns().get(1), day.size());
        assertThat(none.size()).isEqualTo(100);
        assertThat(none.columns()).isEmpty();
    }

    @Test
    void decode_scratchUsedBefore_leavesNothingBehind() {
        for (int seed = 0; seed < 50; seed++) {
            ReadingBlock block = RandomReadings.block(seed, 300 - 5 * seed);

            ReadingBlock decoded = Chunk.open(Blocks.encode(block)).decode(metric -> true, scratch);

            Blocks.assertSame(decoded, block);
        }
    }

    @Test
    void open_extras_givesThemBack() {
        ReadingBlock block = SmartHomeWorkload.readings(7, 2);
        byte[] extras = {1, 2, 3};

        List<byte[]> chunks = ChunkWriter.encode(block, Blocks.oneSpan(block), extras);

        assertThat(Chunk.open(chunks.get(0)).extras()).isEqualTo(extras);
    }
}
