package io.hearth.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where a line ends, and a string. A {@code |} stands for a line feed. */
class LineProtocolLinesTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '~',
            value = {
                "m a=1|m a=2, 5",
                "m a=1, 5",
                "m a=\"x|y\"|, 9",
                "m a=\"x|y, 8",
                "m a=\"x\\\"|y\"|, 11",
                "~m,t=\"x a=1|y\"~, 10",
                "m a=1\"|y\", 6",
                "m\\ b=\"|y\", 6",
                "# a=\"|y\", 5",
                "m a=1\\|y, 6"
            })
    void end_lineFeedsInStringsAndElsewhere_onlyTheOthersEndALine(String text, int expected) {
        byte[] bytes = bytes(text);
        assertThat(LineProtocolLines.end(bytes, 0, bytes.length)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '~',
            value = {"m a=1|m a=2, 6", "m a=1, 0", "m a=1|m a=\"x|y, 6", "m a=\"x|y\"|m, 10", "m a=1|m b=2|, 12"})
    void endOfLast_linesAndTheBeginningOfOne_isBehindTheLastWholeOne(String text, int expected) {
        byte[] bytes = bytes(text);
        assertThat(LineProtocolLines.endOfLast(bytes, bytes.length)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '~',
            value = {"x\" y, 1", "x\\\"y\", 4", "x\\\\\"y\", 3", "x, 1", "x\\, 2"})
    void stringEnd_quotesWithAndWithoutABackslash_isAtTheFirstWithout(String text, int expected) {
        byte[] bytes = bytes(text);
        assertThat(LineProtocolLines.stringEnd(bytes, 0, bytes.length)).isEqualTo(expected);
    }

    private static byte[] bytes(String text) {
        return text.replace('|', '\n').getBytes(UTF_8);
    }
}
