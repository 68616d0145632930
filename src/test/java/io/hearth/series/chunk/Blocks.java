package io.hearth.series.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.Column;
import io.hearth.model.HybridTime;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import java.util.Arrays;
import java.util.List;

/** What tests of chunks share. */
final class Blocks {
    static final byte[] NO_EXTRAS = {};
    static final long MONTH_SECONDS = 2_592_000;

    private Blocks() {}

    static WriteStamp stamp(long physicalMillis) {
        return new WriteStamp(HybridTime.of(physicalMillis, 3), new RegionId("eu-1"));
    }

    static List<Span> oneSpan(ReadingBlock block) {
        return List.of(new Span(block.size(), stamp(1_767_312_000_123L), MONTH_SECONDS));
    }

    static byte[] encode(ReadingBlock block) {
        List<byte[]> chunks = ChunkWriter.encode(block, oneSpan(block), NO_EXTRAS);
        assertThat(chunks).hasSize(1);
        return chunks.get(0);
    }

    static ReadingBlock decode(byte[] chunk) {
        return Chunk.open(chunk).decode(metric -> true, new ChunkScratch());
    }

    /** Alike to the bit. */
    static void assertSame(ReadingBlock actual, ReadingBlock expected) {
        assertThat(actual.size()).isEqualTo(expected.size());
        assertThat(Arrays.copyOf(actual.timesMicros(), actual.size()))
                .isEqualTo(Arrays.copyOf(expected.timesMicros(), expected.size()));
        assertThat(actual.columns()).hasSameSizeAs(expected.columns());
        for (int i = 0; i < actual.columns().size(); i++) {
            assertSame(actual.columns().get(i), expected.columns().get(i), expected.size());
        }
    }

    static void assertSame(Column actual, Column expected, int size) {
        assertThat(actual.metric()).isEqualTo(expected.metric());
        for (int i = 0; i < size; i++) {
            byte kind = expected.kindAt(i);
            assertThat(actual.kindAt(i)).isEqualTo(kind);
            if (kind == Column.TEXT) {
                assertThat(actual.textAt(i)).isEqualTo(expected.textAt(i));
            } else if (kind != Column.ABSENT) {
                assertThat(Double.doubleToRawLongBits(actual.numbers()[i]))
                        .as("%s, reading %d", expected.metric(), i)
                        .isEqualTo(Double.doubleToRawLongBits(expected.numbers()[i]));
            }
        }
    }
}
