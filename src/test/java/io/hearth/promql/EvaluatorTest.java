package io.hearth.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvaluatorTest {
    private static final long SECOND = 1_000_000;

    private static MemorySeries everyTenSeconds(String metric, double... values) {
        MemorySeries source = new MemorySeries(3);
        for (int i = 0; i < values.length; i++) {
            source.put("d1", (1000 + 10 * i) * SECOND, Map.of(metric, values[i]));
        }
        return source;
    }

    private static TreeMap<Integer, Double> points(double first) {
        return new TreeMap<>(Map.of(0, first));
    }

    private static double at(SeriesSource source, String query, long second) {
        Map<Map<String, String>, TreeMap<Integer, Double>> answer =
                Answers.of(source, query, StepGrid.instant(second * SECOND));
        assertThat(answer).as(query).hasSize(1);
        return answer.values().iterator().next().firstEntry().getValue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // Samples 10, 20 … 60 at 1000 … 1050: 30 s of slope 1/s, extrapolated to both ends of the minute.
                "increase(x[1m]) | 1055 | 60",
                "rate(x[1m]) | 1055 | 1",
                // The window is open at its left end: (990, 1050] has all, (1000, 1050] not the first.
                "count_over_time(x[1m]) | 1050 | 6",
                "ts_of_last_over_time(x[1m]) | 1055 | 1050",
                "count_over_time(x[50s]) | 1050 | 5",
                // Ten minutes back there is nothing: half an interval before the first sample, not ten minutes.
                "increase(x[10m]) | 1050 | 55",
                "delta(x[10m]) | 1050 | 55",
                // Half an interval behind the last.
                "increase(x[10m]) | 1100 | 60",
            })
    void window_regularCounter_extrapolatesAsPrometheus(String query, long second, double expected) {
        assertThat(at(everyTenSeconds("x", 10, 20, 30, 40, 50, 60), query, second))
                .isCloseTo(expected, within(1e-9));
    }

    @Test
    void window_counterNearZero_isNotExtrapolatedBelowIt() {
        // Slope 1/s, and 2 at the first sample: it was zero 2 s before, not 5.
        assertThat(at(everyTenSeconds("x", 2, 12, 22), "increase(x[10m])", 1020))
                .isCloseTo(22, within(1e-9));
        assertThat(at(everyTenSeconds("x", 2, 12, 22), "delta(x[10m])", 1020)).isCloseTo(25, within(1e-9));
    }

    @Test
    void window_counterStartsAnew_addsWhatItHad() {
        // 100 → 110, then 5 → 15 → 25 anew: 10 + 5 + 10 + 10 over 40 s, and 5 s before.
        assertThat(at(everyTenSeconds("x", 100, 110, 5, 15, 25), "increase(x[10m])", 1040))
                .isCloseTo(35 * 45 / 40.0, within(1e-9));
        assertThat(at(everyTenSeconds("x", 100, 110, 5), "irate(x[10m])", 1040)).isEqualTo(0.5);
    }

    @Test
    void vector_lastSample_countsForFiveMinutes() {
        MemorySeries source = everyTenSeconds("x", 7);

        assertThat(at(source, "x", 1000)).isEqualTo(7);
        assertThat(at(source, "x", 1299)).isEqualTo(7);
        assertThat(Answers.of(source, "x", StepGrid.instant(1300 * SECOND))).isEmpty();
        assertThat(Answers.of(source, "x", StepGrid.instant(999 * SECOND))).isEmpty();
        assertThat(at(source, "x offset 10m", 1600)).isEqualTo(7);
        assertThat(at(source, "x offset -10m", 400)).isEqualTo(7);
    }

    @Test
    void vector_booleansAndTexts_areNumbersAndNothing() {
        MemorySeries source = new MemorySeries(2)
                .put("d1", SECOND, Map.of("motion", true, "state", "on", "mixed", 5))
                .put("d1", 2 * SECOND, Map.of("motion", false, "state", "off", "mixed", "n/a"));

        assertThat(at(source, "motion", 1)).isEqualTo(1);
        assertThat(at(source, "motion", 2)).isEqualTo(0);
        assertThat(at(source, "mixed", 2)).isEqualTo(5);
        assertThat(Answers.of(source, "state", StepGrid.instant(2 * SECOND))).isEmpty();
    }

    @Test
    void aggregate_overTheWindowsOfAllMetrics_takesThoseThatDifferOnlyByName() {
        MemorySeries source = new MemorySeries(2)
                .put("d1", SECOND, Map.of("a", 1, "b", 2))
                .put("d1", 2 * SECOND, Map.of("a", 3))
                .put("d2", 2 * SECOND, Map.of("b", 4));
        StepGrid now = StepGrid.instant(10 * SECOND);

        assertThat(Answers.of(source, "sum by (device) (count_over_time({__name__=~\".+\"}[1m]))", now))
                .isEqualTo(Map.of(Map.of("device", "d1"), points(3), Map.of("device", "d2"), points(1)));
        assertThat(Answers.of(source, "max by (device) (ts_of_last_over_time({__name__=~\".+\"}[1m]))", now))
                .isEqualTo(Map.of(Map.of("device", "d1"), points(2), Map.of("device", "d2"), points(2)));
        assertThatThrownBy(() -> Answers.of(source, "count_over_time({__name__=~\".+\"}[1m])", now))
                .hasMessageContaining("same labelset");
    }

    @Test
    void vector_names_stayOnlyWithTheMetricsOwnValues() {
        MemorySeries source = everyTenSeconds("x", 7);
        for (String keeps : List.of("x", "last_over_time(x[1m])", "x > 1", "topk(1, x)", "+x")) {
            assertThat(Answers.of(source, keeps, StepGrid.instant(1000 * SECOND)))
                    .as(keeps)
                    .containsOnlyKeys(Map.of("__name__", "x", "device", "d1"));
        }
        for (String drops :
                List.of("max_over_time(x[1m])", "x > bool 1", "x + 0", "-x", "abs(x)", "sum by (device) (x)")) {
            assertThat(Answers.of(source, drops, StepGrid.instant(1000 * SECOND)))
                    .as(drops)
                    .containsOnlyKeys(Map.of("device", "d1"));
        }
        assertThat(Answers.of(source, "sum without (device) (x)", StepGrid.instant(1000 * SECOND)))
                .containsOnlyKeys(Map.of());
        assertThat(Answers.of(source, "sum by (__name__) (x)", StepGrid.instant(1000 * SECOND)))
                .containsOnlyKeys(Map.of("__name__", "x"));
    }

    @Test
    void vector_seriesThatBecomeTheSame_areRefused() {
        MemorySeries source = new MemorySeries(2).put("d1", SECOND, Map.of("x", 1, "y", 2));

        assertThat(Answers.of(source, "{device='d1'}", StepGrid.instant(SECOND)))
                .hasSize(2);
        assertThatThrownBy(() -> Answers.of(source, "-{device='d1'}", StepGrid.instant(SECOND)))
                .hasMessage("vector cannot contain metrics with the same labelset");
    }

    @Test
    void scalar_ofVector_isTheOnlySeriesOrNaN() {
        MemorySeries source =
                new MemorySeries(2).put("d1", SECOND, Map.of("x", 3, "y", 2)).put("d2", SECOND, Map.of("y", 5));

        assertThat(at(source, "vector(scalar(x) + 1)", 1)).isEqualTo(4);
        assertThat(at(source, "vector(scalar(y))", 1)).isNaN();
        assertThat(at(source, "vector(scalar(z))", 1)).isNaN();
        assertThat(at(source, "x / scalar(sum(y))", 1)).isEqualTo(3 / 7.0);
        assertThat(at(source, "time() - x", 1)).isEqualTo(-2);
    }

    @Test
    void vector_topAtOneInstant_comesBestFirst() {
        MemorySeries source = new MemorySeries(2);
        for (int i = 0; i < 20; i++) {
            source.put("d" + i, SECOND, Map.of("x", i * 7 % 20));
        }
        List<Double> values = new ArrayList<>();
        Answers.of(source, "topk(12, x)", StepGrid.instant(SECOND))
                .values()
                .forEach(points -> values.add(points.get(0)));

        assertThat(values).containsExactly(19., 18., 17., 16., 15., 14., 13., 12., 11., 10., 9., 8.);
        assertThat(Answers.of(source, "topk(0, x)", StepGrid.instant(SECOND))).isEmpty();
        assertThat(Answers.of(source, "topk(1e15, x)", StepGrid.instant(SECOND)))
                .hasSize(20);
        assertThatThrownBy(() -> Answers.of(source, "topk(NaN, x)", StepGrid.instant(SECOND)))
                .hasMessage("Scalar value NaN overflows int64");
    }

    @Test
    void vector_sumsOfUnlikeMagnitudes_keepTheSmall() {
        assertThat(at(everyTenSeconds("x", 1e16, 1, 1, -1e16), "sum_over_time(x[1m])", 1030))
                .isEqualTo(2);
        assertThat(at(everyTenSeconds("x", 1e308, 1.5e308), "avg_over_time(x[1m])", 1010))
                .isCloseTo(1.25e308, within(1e294));
        MemorySeries source = new MemorySeries(1)
                .put("a", SECOND, Map.of("x", 1e16))
                .put("b", SECOND, Map.of("x", 1))
                .put("c", SECOND, Map.of("x", -1e16));
        assertThat(at(source, "sum(x)", 1)).isEqualTo(1);
    }

    @Test
    void samples_ofARange_areAllOfTheWindow() {
        List<String> found = new ArrayList<>();
        Answers.evaluator(everyTenSeconds("x", 1, 2, 3, 4), StepGrid.instant(1030 * SECOND))
                .samples((Expr.RangeSelector) Parser.parse("x[20s]"), (labels, samples) -> {
                    for (int i = 0; i < samples.size(); i++) {
                        found.add(samples.timeMicros(i) / SECOND + "=" + samples.value(i));
                    }
                });

        assertThat(found).containsExactly("1020=3.0", "1030=4.0");
    }

    @Test
    void vector_tooManySamplesOrPointsOrTime_saysWhich() {
        MemorySeries source = everyTenSeconds("x", 1);
        QueryBudget spent = Answers.budget(Duration.ofMinutes(1));
        spent.read((int) QueryBudget.MAX_SAMPLES);
        Evaluator evaluator = new Evaluator(source, StepGrid.instant(1000 * SECOND), Evaluator.LOOKBACK_MICROS, spent);
        assertThatThrownBy(() -> evaluator.vector(Parser.parse("x"), (labels, values) -> {}))
                .hasMessageContaining("reads more than 50000000 samples");

        MemorySeries many = new MemorySeries(1);
        for (int i = 0; i < 500; i++) {
            many.put("d" + i, SECOND, Map.of("x", i));
        }
        assertThatThrownBy(() -> Answers.of(many, "sum by (device) (x)", new StepGrid(0, SECOND, 10_000)))
                .hasMessageContaining("holds more than 5000000 points");
        QueryBudget little = Answers.budget(Duration.ofMinutes(1));
        little.hold(QueryBudget.MAX_POINTS_HELD - 1000);
        Evaluator longWindow = new Evaluator(
                everyTenSeconds("x", new double[2000]),
                StepGrid.instant(21_000 * SECOND),
                Evaluator.LOOKBACK_MICROS,
                little);
        longWindow.vector(Parser.parse("sum_over_time(x[1h])"), (labels, values) -> {});
        assertThatThrownBy(() -> longWindow.vector(Parser.parse("sum_over_time(x[1d])"), (labels, values) -> {}))
                .hasMessageContaining("shorter windows");
        Evaluator late =
                new Evaluator(many, StepGrid.instant(SECOND), Evaluator.LOOKBACK_MICROS, Answers.budget(Duration.ZERO));
        assertThatThrownBy(() -> late.vector(Parser.parse("x"), (labels, values) -> {}))
                .hasMessageContaining("timed out");
    }
}
