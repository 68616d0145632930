package io.hearth.promql;

import io.hearth.limits.RunningQueries;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Evaluates queries, and keeps all of what they answer. */
final class Answers {
    private Answers() {}

    /** The values at the steps that have one, by step, of each series by its labels, in the order of the answer. */
    static Map<Map<String, String>, TreeMap<Integer, Double>> of(SeriesSource source, String query, StepGrid grid) {
        Map<Map<String, String>, TreeMap<Integer, Double>> answer = new LinkedHashMap<>();
        evaluator(source, grid).vector(Parser.parse(query), (labels, values) -> {
            TreeMap<Integer, Double> points = new TreeMap<>();
            for (int step = 0; step < values.steps(); step++) {
                if (values.has(step)) {
                    points.put(step, values.at(step));
                }
            }
            if (answer.put(labels.values(), points) != null) {
                throw new AssertionError(labels + " is answered twice");
            }
        });
        return answer;
    }

    static double scalar(String query) {
        return evaluator(new MemorySeries(1), StepGrid.instant(1_700_000_000_500_000L))
                .scalar(Parser.parse(query))[0];
    }

    static Evaluator evaluator(SeriesSource source, StepGrid grid) {
        return new Evaluator(source, grid, Evaluator.LOOKBACK_MICROS, budget(Duration.ofMinutes(1)));
    }

    /** What a query may use that has all memory to itself. */
    static QueryBudget budget(Duration timeout) {
        RunningQueries alone = new RunningQueries(1, Long.MAX_VALUE, Duration.ZERO, new SimpleMeterRegistry());
        return new QueryBudget(timeout, alone.begin(() -> false, Duration.ZERO));
    }
}
