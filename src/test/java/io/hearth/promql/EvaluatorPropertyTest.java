package io.hearth.promql;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.Seed;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random devices, readings, grids and queries, each answer compared with one made from all samples by definition. */
class EvaluatorPropertyTest {
    private static final long SECOND = 1_000_000;
    private static final List<String> FUNCTIONS = List.of(
            "avg_over_time",
            "min_over_time",
            "max_over_time",
            "sum_over_time",
            "count_over_time",
            "last_over_time",
            "stddev_over_time",
            "stdvar_over_time",
            "rate",
            "increase",
            "delta",
            "irate",
            "idelta");
    private static final Map<String, Function<List<Double>, Double>> AGGREGATIONS = Map.of(
            "sum", Definition::sum,
            "avg", values -> Definition.sum(values) / values.size(),
            "min", values -> values.stream().min(Comparator.naturalOrder()).orElseThrow(),
            "max", values -> values.stream().max(Comparator.naturalOrder()).orElseThrow(),
            "count", values -> (double) values.size(),
            "group", values -> 1.0,
            "stdvar", Definition::variance,
            "stddev", values -> Math.sqrt(Definition.variance(values)));

    private static final long SEED = Seed.of(EvaluatorPropertyTest.class);

    private final Random random = new Random(SEED);
    private final MemorySeries source = new MemorySeries(1 + random.nextInt(40));
    private final List<String> devices = List.of("a", "b:1", "c-2", "d");

    static List<Integer> rounds() {
        return java.util.stream.IntStream.range(0, 60).boxed().toList();
    }

    /** A device's metric of a name, by device, at each step of the grid. */
    private Map<String, TreeMap<Integer, Double>> bySteps(
            StepGrid grid, String metric, Function<NavigableMap<Long, Double>, TreeMap<Integer, Double>> points) {
        Map<String, TreeMap<Integer, Double>> expected = new LinkedHashMap<>();
        for (String device : devices) {
            TreeMap<Integer, Double> values =
                    points.apply(source.samples(new io.hearth.model.DeviceId(device), metric));
            if (!values.isEmpty()) {
                expected.put(device, values);
            }
        }
        return expected;
    }

    private static TreeMap<Integer, Double> atSteps(StepGrid grid, Function<Long, OptionalDouble> value) {
        TreeMap<Integer, Double> points = new TreeMap<>();
        for (int step = 0; step < grid.count(); step++) {
            OptionalDouble at = value.apply(grid.at(step));
            if (at.isPresent()) {
                points.put(step, at.getAsDouble());
            }
        }
        return points;
    }

    private void fill() {
        for (String device : devices) {
            long time = random.nextInt(100) * SECOND;
            double counter = random.nextInt(3) * 1000;
            double walk = 20;
            long pace = 1 + random.nextInt(20);
            for (int i = 0; i < 400; i++) {
                // Mostly regular, with gaps; on whole seconds often, so that samples lie on the ends of windows.
                time += pace * SECOND;
                time += random.nextInt(50) == 0 ? random.nextInt(600) * SECOND : 0;
                counter = random.nextInt(40) == 0 ? random.nextInt(10) : counter + random.nextInt(50) / 4.0;
                walk += random.nextInt(21) / 10.0 - 1;
                Map<String, Object> values = new TreeMap<>();
                values.put("counter", counter);
                if (random.nextInt(3) > 0) {
                    values.put("walk", random.nextInt(20) == 0 ? (Object) "n/a" : (Object) walk);
                }
                if (random.nextBoolean()) {
                    values.put("motion", random.nextBoolean());
                }
                source.put(device, time + (random.nextInt(4) == 0 ? random.nextInt(900_000) : 0), values);
            }
        }
    }

    private StepGrid randomGrid() {
        return new StepGrid(
                random.nextInt(3000) * SECOND, (1 + random.nextInt(400)) * SECOND / 2, 1 + random.nextInt(60));
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void vector_randomQueries_areAsDefined(int round) {
        fill();
        StepGrid grid = randomGrid();
        String metric = List.of("counter", "walk", "motion").get(random.nextInt(3));
        long rangeSeconds = 1 + random.nextInt(900);
        long offsetSeconds = random.nextInt(3) == 0 ? random.nextInt(600) - 200 : 0;
        String moved = offsetSeconds == 0 ? "" : " offset " + offsetSeconds + "s";
        String selector = metric + moved;
        long offset = offsetSeconds * SECOND;

        Map<String, TreeMap<Integer, Double>> instant = bySteps(
                grid,
                metric,
                samples -> atSteps(grid, at -> Definition.last(samples, at - offset, Evaluator.LOOKBACK_MICROS)));
        check(selector, grid, instant);
        for (String function : FUNCTIONS) {
            check(
                    function + "(" + metric + "[" + rangeSeconds + "s]" + moved + ")",
                    grid,
                    bySteps(
                            grid,
                            metric,
                            samples -> atSteps(
                                    grid,
                                    at -> Definition.window(function, samples, at - offset, rangeSeconds * SECOND))));
        }
        double q = random.nextInt(101) / 100.0;
        check(
                "quantile_over_time(" + q + ", " + metric + "[" + rangeSeconds + "s])",
                grid,
                bySteps(
                        grid,
                        metric,
                        samples -> atSteps(grid, at -> {
                            var window = samples.subMap(at - rangeSeconds * SECOND, false, at, true);
                            return window.isEmpty()
                                    ? OptionalDouble.empty()
                                    : OptionalDouble.of(Definition.quantile(q, window.values()));
                        })));

        AGGREGATIONS.forEach((name, function) -> check(name + "(" + selector + ")", grid, groups(instant, function)));
        check("count by (device) (" + selector + ")", grid, map(instant, value -> 1));
        int k = 1 + random.nextInt(5);
        check("topk(" + k + ", " + selector + ")", grid, top(instant, k, Comparator.reverseOrder()));
        check("bottomk(" + k + ", " + selector + ")", grid, top(instant, k, Comparator.naturalOrder()));
        check("-(" + selector + ") * 2 ^ 3 + 1", grid, map(instant, value -> -value * 8 + 1));
        check("100 / abs(" + selector + ")", grid, map(instant, value -> 100 / Math.abs(value)));
        check("21 < bool " + selector, grid, map(instant, value -> 21 < value ? 1 : 0));
        check("clamp(" + selector + ", 20, 22)", grid, map(instant, value -> Math.max(20, Math.min(22, value))));
        check("round(" + selector + ", 0.5)", grid, map(instant, value -> Math.floor(value * 2 + 0.5) / 2));
        instant.values().forEach(points -> points.values().removeIf(value -> !(value >= 20)));
        instant.values().removeIf(Map::isEmpty);
        check(selector + " >= 20", grid, instant);
    }

    private void check(String query, StepGrid grid, Map<String, TreeMap<Integer, Double>> expected) {
        source.scans.clear();
        Map<String, TreeMap<Integer, Double>> actual = new LinkedHashMap<>();
        Answers.of(source, query, grid)
                .forEach((labels, points) -> actual.put(labels.getOrDefault("device", ""), points));
        String context = query + " on " + grid + " seed " + SEED;
        assertThat(actual.keySet()).as(context).isEqualTo(expected.keySet());
        expected.forEach((device, points) -> {
            TreeMap<Integer, Double> found = actual.getOrDefault(device, new TreeMap<>());
            assertThat(found.keySet()).as(context + " of " + device).isEqualTo(points.keySet());
            points.forEach((step, value) -> {
                double tolerance = 1e-9 * Math.max(1, Math.abs(value));
                assertThat(found.get(step))
                        .as(context + " of " + device + " at step " + step)
                        .matches(it -> it.equals(value) || Math.abs(it - value) <= tolerance, "is " + value);
            });
        });
        assertThat(source.scans.values()).as(context).containsOnly(1);
    }

    private static Map<String, TreeMap<Integer, Double>> map(
            Map<String, TreeMap<Integer, Double>> series, ToDoubleFunction<Double> function) {
        Map<String, TreeMap<Integer, Double>> mapped = new LinkedHashMap<>();
        series.forEach((device, points) -> {
            TreeMap<Integer, Double> values = new TreeMap<>();
            points.forEach((step, value) -> values.put(step, function.applyAsDouble(value)));
            mapped.put(device, values);
        });
        return mapped;
    }

    private static Map<String, TreeMap<Integer, Double>> groups(
            Map<String, TreeMap<Integer, Double>> series, Function<List<Double>, Double> function) {
        TreeMap<Integer, List<Double>> bySteps = new TreeMap<>();
        series.values()
                .forEach(points -> points.forEach((step, value) ->
                        bySteps.computeIfAbsent(step, s -> new ArrayList<>()).add(value)));
        TreeMap<Integer, Double> points = new TreeMap<>();
        bySteps.forEach((step, values) -> points.put(step, function.apply(values)));
        return points.isEmpty() ? Map.of() : Map.of("", points);
    }

    /** Of equal values the device that comes first is taken. */
    private Map<String, TreeMap<Integer, Double>> top(
            Map<String, TreeMap<Integer, Double>> series, int k, Comparator<Double> order) {
        record Point(String device, double value) {}
        TreeMap<Integer, List<Point>> bySteps = new TreeMap<>();
        series.forEach((device, points) -> points.forEach((step, value) ->
                bySteps.computeIfAbsent(step, s -> new ArrayList<>()).add(new Point(device, value))));
        Map<String, TreeMap<Integer, Double>> top = new TreeMap<>();
        bySteps.forEach((step, points) -> {
            points.sort(Comparator.comparing(Point::value, order));
            points.stream()
                    .limit(k)
                    .forEach(point -> top.computeIfAbsent(point.device(), d -> new TreeMap<>())
                            .put(step, point.value()));
        });
        return top;
    }
}
