package io.hearth.ingest.bulk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.codec.JsonLines;
import io.hearth.codec.LineFormat;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineBlocksTest {
    private static final int BLOCK_BYTES = 16;

    private record Line(long index, String text) {}

    private final LineFormat format = new JsonLines();
    private final List<Line> lines = new ArrayList<>();
    private final List<Long> tooLong = new ArrayList<>();

    @Test
    void linesOfManyBlocks_comeWholeAndNumbered() throws IOException {
        cut("one\ntwo\n\nthree\nfour and more\nfive");

        assertThat(lines)
                .containsExactly(
                        new Line(0, "one"),
                        new Line(1, "two"),
                        new Line(2, ""),
                        new Line(3, "three"),
                        new Line(4, "four and more"),
                        new Line(5, "five"));
        assertThat(tooLong).isEmpty();
    }

    @Test
    void lineThatFillsABlock_isTaken_andOneByteMoreIsNot() throws IOException {
        String longest = "x".repeat(BLOCK_BYTES - 1);
        cut("a\n" + longest + "\n" + longest + "y\n" + "b\n" + "z".repeat(1000) + "\nc");

        assertThat(lines).containsExactly(new Line(0, "a"), new Line(1, longest), new Line(3, "b"), new Line(5, "c"));
        assertThat(tooLong).containsExactly(2L, 4L);
    }

    @Test
    void tooLongLineAtTheEnd_isReportedOnce() throws IOException {
        cut("a\n" + "z".repeat(100));

        assertThat(lines).containsExactly(new Line(0, "a"));
        assertThat(tooLong).containsExactly(1L);
    }

    @Test
    void byteOrderMark_isSkippedAtTheBeginningOnly() throws IOException {
        cut("\uFEFFone\n\uFEFFtwo");

        assertThat(lines).containsExactly(new Line(0, "one"), new Line(1, "\uFEFFtwo"));
    }

    @Test
    void byteOrderMarkBeforeTheLongestLine_doesNotCount() throws IOException {
        String longest = "x".repeat(BLOCK_BYTES - 1);
        cut("\uFEFF" + longest + "\n\uFEFF");

        assertThat(lines).startsWith(new Line(0, longest));
        assertThat(tooLong).isEmpty();
    }

    @Test
    void nothing_hasNoBlock() throws IOException {
        cut("");

        assertThat(lines).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void randomLines_noneIsLost(long seed) throws IOException {
        Random random = new Random(seed);
        List<Line> expected = new ArrayList<>();
        List<Long> expectedTooLong = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        for (long i = 0; i < 500; i++) {
            String line = "l".repeat(random.nextInt(BLOCK_BYTES + 4));
            text.append(line).append('\n');
            if (line.length() < BLOCK_BYTES) {
                expected.add(new Line(i, line));
            } else {
                expectedTooLong.add(i);
            }
        }

        cut(text.toString());

        assertThat(lines).isEqualTo(expected);
        assertThat(tooLong).isEqualTo(expectedTooLong);
    }

    private void cut(String text) throws IOException {
        InputStream inPieces = new ByteArrayInputStream(text.getBytes(UTF_8)) {
            @Override
            public synchronized int read(byte[] target, int offset, int length) {
                return super.read(target, offset, Math.min(5, length));
            }
        };
        LineBlocks blocks = new LineBlocks(inPieces, format, BLOCK_BYTES, tooLong::add);
        for (LineBlocks.Block block = blocks.next(); block != null; block = blocks.next()) {
            assertThat(block.length()).isLessThanOrEqualTo(BLOCK_BYTES);
            long index = block.firstLine();
            String whole = new String(block.lines(), 0, block.length(), UTF_8);
            for (String line : whole.split("\n", -1)) {
                lines.add(new Line(index++, line));
            }
            if (whole.endsWith("\n")) {
                lines.remove(lines.size() - 1);
            }
        }
    }
}
