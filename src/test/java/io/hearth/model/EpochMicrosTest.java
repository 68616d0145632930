package io.hearth.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.quicktheories.QuickTheory.qt;
import static org.quicktheories.generators.SourceDSL.longs;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EpochMicrosTest {
    @ParameterizedTest
    @CsvSource({
        "1732270000, 1732270000000000",
        "1732270000123, 1732270000123000",
        "1732270000123456, 1732270000123456",
        "1732270000123456789, 1732270000123456",
        "-1732270000, -1732270000000000",
        "1732270000.5, 1732270000500000",
        "1.7322700001235e12, 1732270000123500",
        "0, 0",
        "2024-11-22T10:06:40Z, 1732270000000000",
        "2024-11-22T11:06:40+01:00, 1732270000000000",
        "2024-11-22t10:06:40.123456789z, 1732270000123456",
        "1969-12-31T23:59:59.999999Z, -1",
    })
    void parse_everyForm_givesMicros(String text, long micros) {
        assertThat(EpochMicros.parse(text)).isEqualTo(micros);
    }

    /** One instant, written finer than a microsecond in every form. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "2024-11-22T10:06:40.123456789Z",
                "2024-11-22T11:06:40.1234569+01:00",
                "1732270000123456789",
                "1732270000123456.789",
                "1732270000123.456789",
                "1732270000.123456789",
                "1732270000.1234569999999999",
                "1.7322700001234569e9",
                "1732270000.123456",
                "001732270000.123456",
                "+1732270000123456"
            })
    void parse_finerThanAMicrosecond_isRoundedDownInEveryForm(String text) {
        assertThat(EpochMicros.parse(text)).isEqualTo(1_732_270_000_123_456L);
    }

    @Test
    void ofEpochNumber_doublesOfMicroseconds_areExact() {
        for (long micros = 1_732_270_000_123_000L; micros < 1_732_270_000_125_000L; micros++) {
            String text = micros / 1_000_000 + "." + String.format("%06d", micros % 1_000_000);
            assertThat(EpochMicros.ofEpochNumber(Double.parseDouble(text))).isEqualTo(micros);
        }
    }

    @Test
    void ofEpochNumber_beforeTheEpoch_isRoundedDown() {
        assertThat(EpochMicros.ofEpochNumber(-1_732_270_000_123_456_001L)).isEqualTo(-1_732_270_000_123_457L);
        assertThat(EpochMicros.parse("-1732270000.1234560001")).isEqualTo(-1_732_270_000_123_457L);
        assertThat(EpochMicros.ofEpochNumber(-0.0000001)).isEqualTo(-1);
    }

    /** Exponents that would make a number of gigabytes. */
    @ParameterizedTest
    @CsvSource({"1e-999999999, 0", "-1e-999999999, -1", "0e999999999, 0", "0e-999999999, 0", "1e22, 9223372036854775807"
    })
    void parse_extremeExponents_costNothing(String text, long micros) {
        assertThat(EpochMicros.parse(text)).isEqualTo(micros);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "yesterday",
                "1e400",
                "1e99999999999",
                "1.2.3",
                "1-2",
                "\u0661",
                "2024-11-22T10:06:40",
                "2024-02-30T10:06:40Z",
                "2024-11-22",
                "NaN",
                "24d",
                "0x1p3",
                "Infinity",
                "+54448-01-01T00:00:00Z",
                "54448-01-01T00:00:00Z",
                "2024-11-22T25:00:00Z",
            })
    void parse_noTime_isRefused(String text) {
        assertThatThrownBy(() -> EpochMicros.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void ofEpochNumber_extremes_neverMeanNoTime() {
        assertThat(EpochMicros.ofEpochNumber(Long.MIN_VALUE)).isNotEqualTo(PointBuffer.NO_TIME);
        assertThat(EpochMicros.ofEpochNumber(-1e300)).isNotEqualTo(PointBuffer.NO_TIME);
        assertThat(EpochMicros.ofEpochNumber(1e300)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void writeRfc3339_anyInstant_agreesWithTheJdk() {
        qt().forAll(longs().between(EpochMicros.MIN_RFC3339, EpochMicros.MAX_RFC3339))
                .checkAssert(micros -> {
                    Instant instant = EpochMicros.toInstant(micros);
                    assertThat(EpochMicros.toRfc3339(micros)).isEqualTo(DateTimeFormatter.ISO_INSTANT.format(instant));
                    assertThat(EpochMicros.of(instant)).isEqualTo(micros);
                    assertThat(EpochMicros.parse(EpochMicros.toRfc3339(micros))).isEqualTo(micros);
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-11-22T10:00:00Z",
                "2026-11-22T10:00:00.1Z",
                "2026-11-22T10:00:00.123456Z",
                "2026-11-22T10:00:00.123456789Z",
                "2024-02-29T23:59:59.999999Z",
                "2000-02-29T00:00:00Z",
                "1969-12-31T23:59:59.5Z",
                "0000-01-01T00:00:00Z",
                "0000-03-01T00:00:00Z",
                "9999-12-31T23:59:59.999999Z"
            })
    void parsePlainUtc_plainForm_isWhatParseAnswers(String text) {
        byte[] bytes = ("<" + text + ">").getBytes(StandardCharsets.US_ASCII);

        assertThat(EpochMicros.parsePlainUtc(bytes, 1, bytes.length - 1)).isEqualTo(EpochMicros.parse(text));
    }

    @Test
    void parsePlainUtc_anyTime_isReadBack() {
        qt().forAll(longs().between(EpochMicros.MIN_RFC3339, EpochMicros.MAX_RFC3339))
                .check(micros -> {
                    byte[] text = EpochMicros.toRfc3339(micros).getBytes(StandardCharsets.US_ASCII);
                    return EpochMicros.parsePlainUtc(text, 0, text.length) == micros;
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "2026-11-22T10:00:00",
                "2026-11-22T10:00:00z",
                "2026-11-22t10:00:00Z",
                "2026-11-22T10:00:00+00:00",
                "2026-11-22T10:00:00.Z",
                "2026-11-22T10:00:00.1234567890Z",
                "2026-11-22T10:00:00.12345678xZ",
                "2026-11-22T10:00:00.1x3Z",
                "2026-02-29T10:00:00Z",
                "1900-02-29T10:00:00Z",
                "2026-04-31T10:00:00Z",
                "2026-00-01T10:00:00Z",
                "2026-13-01T10:00:00Z",
                "2026-01-00T10:00:00Z",
                "2026-11-22T24:00:00Z",
                "2026-11-22T10:60:00Z",
                "2026-11-22T10:00:60Z",
                "2026-11-22T10-00:00Z",
                "-026-11-22T10:00:00Z",
                "+2026-11-22T10:00:0Z"
            })
    void parsePlainUtc_otherForm_isNotRead(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);

        assertThat(EpochMicros.parsePlainUtc(bytes, 0, bytes.length)).isEqualTo(EpochMicros.NOT_PLAIN);
    }
}
