package io.hearth.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.Seed;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecimalScanTest {
    private final DecimalScan scan = new DecimalScan();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "-0",
                "0.0",
                "-0.0",
                "21.5",
                "+1.5",
                "1.",
                ".5",
                "-.5",
                "9007199254740992",
                "9007199254740993",
                "9007199254740994.0",
                "9223372036854775807",
                "9223372036854775808",
                "18446744073709551616",
                "1e22",
                "1e23",
                "123456789e-22",
                "123456789e-23",
                "4.9e-324",
                "2.4703282292062327e-324",
                "2.2250738585072011e-308",
                "1.7976931348623157e308",
                "1e400",
                "-1e400",
                "1e-400",
                "0e99999999999",
                "1e99999999999",
                "0.1e1",
                "00000000000000000000000000000001.5",
                "0.000000000000000000000000000000012345",
                "3.141592653589793238462643383279502884197"
            })
    void scan_anyNumber_isWhatTheJdkReads(String number) {
        assertSame(number);
    }

    @Test
    void scan_randomNumbers_areWhatTheJdkReads() {
        long seed = Seed.of(getClass());
        Random random = new Random(seed);
        for (int i = 0; i < 200_000; i++) {
            String number = switch (i % 4) {
                case 0 -> Double.toString(Double.longBitsToDouble(random.nextLong() & ~(1L << 62)));
                case 1 ->
                    BigDecimal.valueOf(random.nextLong() >> random.nextInt(63), random.nextInt(30))
                            .toString();
                case 2 ->
                    BigDecimal.valueOf(random.nextLong() >> random.nextInt(63), random.nextInt(30))
                            .toPlainString();
                default -> random.nextInt(100_000) / 10.0 + "";
            };
            assertSame(number);
        }
    }

    private void assertSame(String number) {
        byte[] text = ("<" + number + ",").getBytes(StandardCharsets.US_ASCII);

        assertThat(scan.scan(text, 1, text.length)).as(number).isTrue();
        assertThat(scan.end()).as(number).isEqualTo(text.length - 1);
        assertThat(Double.doubleToRawLongBits(scan.number()))
                .as(number)
                .isEqualTo(Double.doubleToRawLongBits(Double.parseDouble(number)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "+", ".", "-.", "e5", "1e", "1e+", "1.5e-", "NaN", "Infinity", "x", " 1"})
    void scan_noNumber_isNone(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);

        assertThat(scan.scan(bytes, 0, bytes.length)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"1d,1", "0x10,1", "1f,1", "1_000,1", "1.5.5,3", "--1,0", "1-2,1"})
    void scan_whatTheJdkTakesBesides_isNotRead(String text, int end) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);

        assertThat(scan.scan(bytes, 0, bytes.length) ? scan.end() : 0).isEqualTo(end);
    }

    @ParameterizedTest
    @CsvSource({
        "0,true",
        "-0,true",
        "10,true",
        "0.5,true",
        "1e5,true",
        "1E+5,true",
        "-1.25e-3,true",
        "01,false",
        "-01,false",
        "00.5,false",
        ".5,false",
        "1.,false",
        "+1,false",
        "1.e5,false"
    })
    void isJson_isTrueOnlyForTheFormOfRfc8259(String number, boolean json) {
        byte[] bytes = number.getBytes(StandardCharsets.US_ASCII);

        assertThat(scan.scan(bytes, 0, bytes.length)).isTrue();
        assertThat(scan.isJson()).isEqualTo(json);
    }
}
