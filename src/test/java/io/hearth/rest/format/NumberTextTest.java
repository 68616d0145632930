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
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
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
        "1.2345678901234567e-6, 0.0000012345678901234567",
        "1.2345678901234566e-7, 1.2345678901234566E-7",
        "58.72666666666667, 58.72666666666667",
        "-123456789.12345679, -123456789.12345679",
        "2e-323, 2E-323",
        "2.2250738585072014e-308, 2.2250738585072014E-308",
        "1.7976931348623157e308, 1.7976931348623157E308",
        "4.9e-324, 5E-324",
        "4.94e-323, 5E-323",
        "9.9e-323, 1E-322",
        "0.001, 0.001",
        "0.0009999999999999998, 0.0009999999999999998",
        "9999999.99999999, 9999999.99999999",
        "10000000.000000002, 10000000.000000002",
        "1.7777777777777776e-3, 0.0017777777777777776",
        "9007199254740993.5, 9.007199254740994E15"
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
    void write_anyNumber_hasNoDigitTooMany_andIsTheNearest() {
        qt().withExamples(20_000)
                .forAll(longs().all().map(Double::longBitsToDouble).assuming(Double::isFinite))
                .checkAssert(NumberTextTest::assertShortest);
        qt().withExamples(20_000)
                .forAll(doubles().between(-1e6, 1e6).map(number -> number / 3))
                .checkAssert(NumberTextTest::assertShortest);
    }

    @Test
    void write_anyNumber_hasTheFormThatItsDigitsAskFor() {
        qt().withExamples(100_000)
                .forAll(longs().all().map(Double::longBitsToDouble).assuming(Double::isFinite))
                .check(number -> text(number).equals(form(number)));
        qt().withExamples(100_000)
                .forAll(doubles().between(-1e8, 1e8).map(number -> number / 7))
                .check(number -> text(number).equals(form(number)));
    }

    /** Plain, but with an exponent where a plain form would have zeros at its end, or more than five behind the point. */
    private static String form(double number) {
        if (number == 0) {
            return 1 / number > 0 ? "0" : "-0.0";
        }
        BigDecimal written = new BigDecimal(text(number)).stripTrailingZeros();
        int wholeDigits = written.precision() - written.scale();
        boolean isWhole = Math.abs(number) <= 0x1p53 && number == Math.rint(number);
        if (isWhole || (written.scale() > 0 && wholeDigits >= -5)) {
            return written.toPlainString();
        }
        String digits = written.unscaledValue().abs().toString();
        return (number < 0 ? "-" : "")
                + digits.charAt(0)
                + (digits.length() > 1 ? "." + digits.substring(1) : "")
                + "E"
                + (wholeDigits - 1);
    }

    @Test
    void write_everyPowerOfTwo_andItsNeighbours_areTheShortest() {
        for (int exponent = -1074; exponent <= 1023; exponent++) {
            double power = Math.scalb(1.0, exponent);
            assertShortest(power);
            assertShortest(Math.nextDown(power));
            assertShortest(Math.nextUp(power));
        }
    }

    /** Looks for the nearest of the decimals with as few digits as possible that read back as {@code number}, one by one. */
    private static void assertShortest(double number) {
        if (number == 0) {
            return;
        }
        BigDecimal exact = new BigDecimal(number);
        for (int digits = 1; ; digits++) {
            BigDecimal best = null;
            for (RoundingMode rounding : List.of(RoundingMode.DOWN, RoundingMode.UP)) {
                BigDecimal candidate = exact.round(new MathContext(digits, rounding));
                boolean nearer = best == null
                        || candidate
                                        .subtract(exact)
                                        .abs()
                                        .compareTo(best.subtract(exact).abs())
                                < 0;
                if (candidate.doubleValue() == number && nearer) {
                    best = candidate;
                }
            }
            if (best != null) {
                BigDecimal written = new BigDecimal(text(number));
                assertThat(written.stripTrailingZeros().precision())
                        .as("digits of %s", number)
                        .isEqualTo(best.stripTrailingZeros().precision());
                assertThat(written.subtract(exact).abs())
                        .as("distance of %s", number)
                        .isEqualByComparingTo(best.subtract(exact).abs());
                return;
            }
        }
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
