package io.hearth.rest.param;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.model.EpochMicros;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimeTextTest {
    private static final long NOW = EpochMicros.of(Instant.parse("2026-11-22T10:00:00Z"));

    @ParameterizedTest
    @CsvSource({
        "now, 2026-11-22T10:00:00Z",
        "NOW, 2026-11-22T10:00:00Z",
        "-24h, 2026-11-21T10:00:00Z",
        "now-7d, 2026-11-15T10:00:00Z",
        "now+90s, 2026-11-22T10:01:30Z",
        "now 90s, 2026-11-22T10:01:30Z",
        "-PT5M, 2026-11-22T09:55:00Z",
        "now-P1DT1H, 2026-11-21T09:00:00Z",
        "-1h30m, 2026-11-22T08:30:00Z",
        "-1500ms, 2026-11-22T09:59:58.500Z",
        "now-1M, 2026-10-22T10:00:00Z",
        "now-1m, 2026-11-22T09:59:00Z",
        "now-1mo, 2026-10-22T10:00:00Z",
        "now-9M, 2026-02-22T10:00:00Z",
        "now-1y, 2025-11-22T10:00:00Z",
        "-1q, 2026-08-22T10:00:00Z",
        "-2Q, 2026-05-22T10:00:00Z",
        "-1M1d, 2026-10-21T10:00:00Z",
        "-P1M, 2026-10-22T10:00:00Z",
        "-P1Y2M3DT4H, 2025-09-19T06:00:00Z",
        "-7D, 2026-11-15T10:00:00Z",
        "-2w, 2026-11-08T10:00:00Z",
        "-0s, 2026-11-22T10:00:00Z",
        "2026-11-22T12:00:00+02:00, 2026-11-22T10:00:00Z",
        "2026-11-22T12:00:00 02:00, 2026-11-22T10:00:00Z",
        "2026-11-22t10:00:00.123456z, 2026-11-22T10:00:00.123456Z",
        "1795341600, 2026-11-22T10:00:00Z",
        "1795341600000, 2026-11-22T10:00:00Z",
        "1795341600000000, 2026-11-22T10:00:00Z",
        "1795341600000000000, 2026-11-22T10:00:00Z",
        "1795341600.5, 2026-11-22T10:00:00.500Z",
        "-60, 1969-12-31T23:59:00Z"
    })
    void parse_whatCallersWrite_isThatInstant(String text, Instant expected) {
        assertThat(EpochMicros.toInstant(TimeText.parse(text, NOW))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "yesterday",
                "24d",
                "24h",
                "now-",
                "now-7",
                "--7d",
                "-7x",
                "-99999999999y",
                "-9999y",
                "-P",
                "-PT",
                "P1D",
                "NaN",
                "Infinity",
                "0x10",
                "1e400",
                "2026-11-22",
                "2026-11-22T10:00:00",
                "2026-02-30T10:00:00Z",
                "2026-11-22T25:00:00Z",
                "+54448-01-01T00:00:00Z",
                "54448-01-01T00:00:00Z",
                "-999999999w",
                "-999999999999999999w",
                "now+PT9999999999999999999S"
            })
    void parse_whatIsNoTime_isRefused(String text) {
        assertThatThrownBy(() -> TimeText.parse(text, NOW))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("must be ");
    }
}
