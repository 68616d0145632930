package io.hearth.series.aggregate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EveryTest {
    @ParameterizedTest
    @CsvSource({
        "5m, PT5M",
        "300s, PT5M",
        "PT5M, PT5M",
        "1h, PT1H",
        "60m, PT1H",
        "1h30m, PT1H30M",
        "PT1H30M, PT1H30M",
        "24h, PT24H",
        "250ms, PT0.25S",
        "1ms, PT0.001S",
        "PT0.001S, PT0.001S",
        "1d, P1D",
        "P1D, P1D",
        "7d, P7D",
        "1w, P7D",
        "P1W, P7D",
        "1mo, P1M",
        "P1M, P1M",
        "3mo, P3M",
        "1M, P1M",
        "P1m, P1M",
        "1q, P3M",
        "4Q, P1Y",
        "30m1h, PT1H30M",
        "12mo, P1Y",
        "1y, P1Y",
        "P1Y6M, P1Y6M",
        "1000y, P1000Y"
    })
    void parse_anyForm_hasOneCanonicalText(String written, String canonical) {
        Every every = Every.parse(written);

        assertThat(every.text()).isEqualTo(canonical);
        assertThat(Every.parse(canonical)).isEqualTo(every);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0s",
                "0d",
                "-5m",
                "PT-5M",
                "P-1D",
                "5",
                "m",
                "5x",
                "5 m",
                "1M1m",
                "1M1d",
                "1d12h",
                "P1DT12H",
                "P1M1D",
                "P",
                "PT",
                "0.5s",
                "PT0.0005S",
                "1us",
                "1001y",
                "P1001Y",
                "99999999999999999999ms",
                "999999999999h",
                "999999999w",
                "P99999999999D"
            })
    void parse_notAWidth_throws(String text) {
        assertThatThrownBy(() -> Every.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not a bucket width");
    }

    @Test
    void parse_dayAndTwentyFourHours_differ() {
        assertThat(Every.parse("1d")).isNotEqualTo(Every.parse("24h"));
    }
}
