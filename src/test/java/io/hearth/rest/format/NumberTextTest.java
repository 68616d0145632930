package io.hearth.rest.format;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.quicktheories.QuickTheory.qt;
import static org.quicktheories.generators.SourceDSL.doubles;
import static org.quicktheories.generators.SourceDSL.integers;
import static org.quicktheories.generators.SourceDSL.longs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumberTextTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "-0.0, -0.0",
        "21.5, 21.5",
        "-21.5, -21.5",
        "0.1, 0.1",
        "-0.05, -0.05",
        "100, 100",
        "1013.25, 1013.25",
        "0.000001, 0.000001",
        "123456.789012, 123456.789012",
        "9007199254740992, 9007199254740992",
        "-9007199254740992, -9007199254740992",
        "1e15, 1000000000000000",
        "9007199254740994, 9.007199254740994E15",
        "1e300, 1E300",
        "1e-7, 1E-7",
        "0.30000000000000004, 0.30000000000000004",
        "4.9e-324, 4.9E-324"
    })
    void write_knownNumbers_haveTheirShortestForm(String number, String expected) {
        assertThat(text(Double.parseDouble(number))).isEqualTo(expected);
    }

    @Test
    void write_anyFiniteNumber_readsBackBitForBit() {
        qt().withExamples(50_000)
                .forAll(longs().all().map(Double::longBitsToDouble).assuming(Double::isFinite))
                .check(number -> readsBack(number));
    }

    @Test
    void write_anyNumberOfOrdinarySize_readsBackBitForBit() {
        qt().withExamples(50_000).forAll(doubles().between(-1e6, 1e6)).check(number -> readsBack(number));
    }

    @Test
    void write_anyDecimalOfASensor_isThatDecimal() {
        qt().withExamples(50_000)
                .forAll(
                        integers().between(-1_000_000_000, 1_000_000_000),
                        integers().between(0, 6))
                .check((unscaled, digits) -> {
                    BigDecimal decimal = BigDecimal.valueOf(unscaled, digits);
                    String expected = decimal.signum() == 0
                            ? "0"
                            : decimal.stripTrailingZeros().toPlainString();
                    return text(decimal.doubleValue()).equals(expected);
                });
    }

    @Test
    void writeInteger_anyLong_isItsDecimalForm() {
        qt().forAll(longs().all()).check(integer -> {
            byte[] target = new byte[32];
            return new String(target, 0, NumberText.writeInteger(integer, target, 0), US_ASCII)
                    .equals(Long.toString(integer));
        });
    }

    private static boolean readsBack(double number) {
        try {
            double read = JSON.readValue(text(number), Double.class);
            return Double.doubleToRawLongBits(read) == Double.doubleToRawLongBits(number);
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    private static String text(double number) {
        byte[] target = new byte[32];
        return new String(target, 0, NumberText.write(number, target, 0), US_ASCII);
    }
}
