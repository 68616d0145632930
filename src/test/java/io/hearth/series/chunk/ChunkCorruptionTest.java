package io.hearth.series.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import io.hearth.model.Value;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChunkCorruptionTest {
    private final byte[] chunk = Blocks.encode(RandomReadings.block(20, 400));

    private static void readAll(byte[] bytes) {
        Chunk opened = Chunk.open(bytes);
        assertThat(opened.spans()).isNotEmpty();
        ReadingBlock block = opened.decode(metric -> true, new ChunkScratch());
        // Whatever bytes say, an answer is one that readings could have.
        assertThat(block.size()).isEqualTo(opened.readings());
        assertThat(block.timesMicros()[0]).isEqualTo(opened.firstMicros());
        assertThat(block.timesMicros()[block.size() - 1]).isEqualTo(opened.lastMicros());
        for (int i = 1; i < block.size(); i++) {
            assertThat(block.timesMicros()[i]).isGreaterThan(block.timesMicros()[i - 1]);
        }
        block.columns().forEach(column -> assertIsOne(column, block.size()));
    }

    private static void assertIsOne(Column column, int size) {
        for (int i = 0; i < size; i++) {
            Value value = column.valueAt(i);
            if (value instanceof Value.Num number) {
                assertThat(number.number()).isFinite();
            } else if (value instanceof Value.Text text) {
                assertThat(text.text()).isNotNull();
            }
        }
    }

    @Test
    void read_anyByteChanged_isCorrupt() {
        for (int at = 0; at < chunk.length; at++) {
            for (int flip : new int[] {0x01, 0x80, 0xFF}) {
                byte[] changed = chunk.clone();
                changed[at] ^= (byte) flip;

                assertThatThrownBy(() -> readAll(changed))
                        .as("byte %d of %d", at, chunk.length)
                        .isInstanceOf(CorruptChunkException.class);
            }
        }
    }

    @Test
    void open_anyLengthButTheRightOne_isCorrupt() {
        for (int length = 0; length <= chunk.length + 3; length++) {
            byte[] cut = Arrays.copyOf(chunk, length);
            if (length != chunk.length) {
                assertThatThrownBy(() -> Chunk.open(cut)).isInstanceOf(CorruptChunkException.class);
            }
        }
    }

    @Test
    void decode_corruptColumn_namesItAndTheRestStillAnswers() {
        ReadingBlock day = SmartHomeWorkload.readings(1, 1000);
        byte[] bytes = Blocks.encode(day);
        bytes[bytes.length - 1] ^= 1;

        Chunk opened = Chunk.open(bytes);

        assertThatThrownBy(() -> opened.decode(metric -> true, new ChunkScratch()))
                .isInstanceOf(CorruptChunkException.class)
                .hasMessage("corrupt chunk, column temperature: its checksum differs");
        assertThat(opened.metrics()).hasSize(3);
        ReadingBlock rest = opened.decode(metric -> !metric.equals("temperature"), new ChunkScratch());
        Blocks.assertSame(
                new ReadingBlock(1000, day.timesMicros(), day.columns().subList(0, 2)), rest);
    }

    @Test
    void open_laterVersion_isToldApartFromDamage() {
        byte[] later = chunk.clone();
        later[0] = 2;
        rewriteHeaderChecksum(later);

        assertThatThrownBy(() -> Chunk.open(later))
                .isInstanceOf(UnsupportedFormatException.class)
                .hasMessage("a chunk has format version 2, this build knows 1");
    }

    // From here on the checksums are right, as whoever wants to do harm would make them.

    @Test
    void open_anyHeaderWithRightChecksum_endsInAnAnswerOrAsCorrupt() {
        Random random = new Random(5);
        for (int round = 0; round < 300; round++) {
            byte[] bytes = Blocks.encode(RandomReadings.block(round, 1 + random.nextInt(700)));
            ByteReader in = ChunkFormat.reader(bytes, ChunkFormat.CHECKED_FROM, bytes.length, "header");
            int header = in.readCount(0, in.remaining());
            for (int change = 0; change < 100; change++) {
                byte[] hostile = spoil(bytes, in.position(), in.position() + header, random);
                rewriteHeaderChecksum(hostile);
                assertHarmless(() -> readAll(hostile));
            }
        }
    }

    @Test
    void decode_anyColumnWithRightChecksum_endsInAnAnswerOrAsCorrupt() {
        Random random = new Random(6);
        ChunkScratch scratch = new ChunkScratch();
        for (int round = 0; round < 500; round++) {
            int size = 1 + random.nextInt(1200);
            for (Column column : RandomReadings.block(round, size).columns()) {
                ByteWriter out = new ByteWriter(1024);
                ColumnEncoder.encode(PackedColumn.of(column, size), out);
                for (int change = 0; change < 100; change++) {
                    byte[] hostile = spoil(out.toByteArray(), 0, out.length(), random);
                    ByteReader in = ChunkFormat.reader(hostile, 0, hostile.length, "column");
                    assertHarmless(() -> ColumnDecoder.decode(in, "m", size, size, scratch, scratch.column(0)));
                }
            }
        }
    }

    private static byte[] spoil(byte[] bytes, int start, int end, Random random) {
        byte[] spoilt = bytes.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            // Most formats are decided near the start.
            int reach = random.nextBoolean() ? end - start : Math.min(end - start, 24);
            spoilt[start + random.nextInt(reach)] = (byte) random.nextInt();
        }
        return spoilt;
    }

    private static void assertHarmless(Runnable read) {
        try {
            read.run();
        } catch (CorruptChunkException e) {
            assertThat(e).hasMessageStartingWith("corrupt chunk, ");
        }
    }

    private static void rewriteHeaderChecksum(byte[] bytes) {
        ByteReader in = ChunkFormat.reader(bytes, ChunkFormat.CHECKED_FROM, bytes.length, "header");
        int length = in.readCount(0, in.remaining());
        int crc = ChunkFormat.headerCrc(bytes, in.take(length) + length);
        for (int i = 0; i < Integer.BYTES; i++) {
            bytes[1 + i] = (byte) (crc >>> (8 * i));
        }
    }
}
