package io.hearth.series.aggregate;

import io.hearth.model.Column;
import io.hearth.model.Value;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The plain way to the same answers, one point at a time, as the specification that the fast way is tested against. */
final class Recomputation {
    /** One value of one metric of one device. */
    record Point(int device, long micros, Value value) {
        boolean isNumeric() {
            return !(value instanceof Value.Text);
        }

        double number() {
            return value instanceof Value.Num num ? num.number() : ((Value.Bool) value).bool() ? 1 : 0;
        }
    }

    /** What a function should come to: a value and how far an answer may be off. */
    record Expected(byte kind, double number, @Nullable String text, double tolerance) {}

    private final BucketGrid grid;
    private final Map<Integer, List<Point>> pointsByBucket = new HashMap<>();
    private final Map<Integer, List<Double>> stepsByBucket = new HashMap<>();

    Recomputation(BucketGrid grid, List<Point> points) {
        this.grid = grid;
        Map<Integer, Double> lastByDevice = new HashMap<>();
        points.stream()
                .filter(p -> grid.range().contains(p.micros()))
                .sorted(Comparator.comparingLong(Point::micros))
                .forEach(point -> {
                    int bucket = bucketOf(point);
                    pointsByBucket
                            .computeIfAbsent(bucket, b -> new ArrayList<>())
                            .add(point);
                    if (point.isNumeric()) {
                        double number = point.number();
                        Double before = lastByDevice.put(point.device(), number);
                        if (before != null) {
                            stepsByBucket
                                    .computeIfAbsent(bucket, b -> new ArrayList<>())
                                    .add(number < before ? number : number - before);
                        }
                    }
                });
    }

    private int bucketOf(Point point) {
        int bucket = 0;
        while (point.micros() >= grid.endMicros(bucket)) {
            bucket++;
        }
        return bucket;
    }

    /** Null if the function has no value in the bucket. */
    @Nullable
    Expected expected(Function function, int bucket) {
        List<Point> all = pointsByBucket.getOrDefault(bucket, List.of());
        List<Double> numbers =
                all.stream().filter(Point::isNumeric).map(Point::number).collect(Collectors.toList());
        switch (function) {
            case COUNT:
                return all.isEmpty() ? null : number(all.size(), 0);
            case FIRST:
                return all.stream()
                        .min(Comparator.comparingLong(Point::micros).thenComparing(Recomputation::greaterFirst))
                        .map(Recomputation::exact)
                        .orElse(null);
            case LAST:
                return all.stream()
                        .min(Comparator.comparingLong((Point p) -> -p.micros())
                                .thenComparing(Recomputation::greaterFirst))
                        .map(Recomputation::exact)
                        .orElse(null);
            case RATE:
            case INCREASE:
                return increase(bucket, function == Function.RATE ? grid.coveredMicros(bucket) / 1e6 : 1);
            default:
                return numbers.isEmpty() ? null : ofNumbers(function, numbers);
        }
    }

    private static Expected ofNumbers(Function function, List<Double> numbers) {
        int n = numbers.size();
        BigDecimal sum = numbers.stream().map(BigDecimal::new).reduce(BigDecimal.ZERO, BigDecimal::add);
        BigDecimal mean = sum.divide(BigDecimal.valueOf(n), MathContext.DECIMAL128);
        double magnitude = numbers.stream().mapToDouble(Math::abs).sum();
        double rounding = n * 0x1p-52 * magnitude;
        switch (function) {
            case AVG:
                return number(mean.doubleValue(), rounding / n);
            case SUM:
                return number(sum.doubleValue(), rounding);
            case MIN:
                return number(numbers.stream().min(Double::compare).orElseThrow(), 0);
            case MAX:
                return number(numbers.stream().max(Double::compare).orElseThrow(), 0);
            case STDDEV:
                BigDecimal squares = numbers.stream()
                        .map(x -> new BigDecimal(x).subtract(mean))
                        .map(x -> x.multiply(x))
                        .reduce(BigDecimal.ZERO, BigDecimal::add);
                double deviation = Math.sqrt(squares.doubleValue() / n);
                return number(deviation, deviation * 1e-5 + rounding);
            default:
                double exact = numbers.stream()
                        .sorted()
                        .skip((long) (function.quantile() * (n - 1)))
                        .findFirst()
                        .orElseThrow();
                return number(exact, Math.abs(exact) * 0.0100001);
        }
    }

    private @Nullable Expected increase(int bucket, double divisor) {
        List<Double> steps = stepsByBucket.getOrDefault(bucket, List.of());
        if (steps.isEmpty()) {
            return null;
        }
        double increase = steps.stream().mapToDouble(step -> step).sum();
        double magnitude = steps.stream().mapToDouble(Math::abs).sum();
        return number(increase / divisor, (steps.size() + 1) * 0x1p-51 * magnitude / divisor);
    }

    /** What is expected of every bucket after filling. */
    List<@Nullable Expected> filled(Function function, Fill fill) {
        List<@Nullable Expected> bare = new ArrayList<>();
        for (int b = 0; b < grid.size(); b++) {
            bare.add(expected(function, b));
        }
        List<@Nullable Expected> filled = new ArrayList<>(bare);
        for (int b = 0; b < bare.size(); b++) {
            if (bare.get(b) != null || fill == Fill.NONE) {
                continue;
            }
            Expected left = b == 0 ? null : filled.get(b - 1);
            if (function == Function.COUNT) {
                filled.set(b, number(0, 0));
            } else if (fill == Fill.PREVIOUS) {
                filled.set(b, left);
            } else if (fill == Fill.LINEAR) {
                filled.set(b, onLine(bare, b));
            }
        }
        return filled;
    }

    private @Nullable Expected onLine(List<@Nullable Expected> bare, int bucket) {
        int left = bucket;
        while (left >= 0 && bare.get(left) == null) {
            left--;
        }
        int right = bucket;
        while (right < bare.size() && bare.get(right) == null) {
            right++;
        }
        Expected from = left < 0 ? null : bare.get(left);
        Expected to = right == bare.size() ? null : bare.get(right);
        if (from == null || to == null || from.kind() != Column.NUMBER || to.kind() != Column.NUMBER) {
            return null;
        }
        double share = (double) (grid.startMicros(bucket) - grid.startMicros(left))
                / (grid.startMicros(right) - grid.startMicros(left));
        double magnitude = Math.abs(from.number()) + Math.abs(to.number());
        return number(
                from.number() + (to.number() - from.number()) * share,
                Math.max(from.tolerance(), to.tolerance()) + magnitude * 1e-15);
    }

    private static int greaterFirst(Point a, Point b) {
        Expected left = exact(a);
        Expected right = exact(b);
        if (left.kind() != right.kind()) {
            return right.kind() - left.kind();
        }
        return left.text() != null && right.text() != null
                ? right.text().compareTo(left.text())
                : Double.compare(right.number(), left.number());
    }

    private static Expected exact(Point point) {
        if (point.value() instanceof Value.Text text) {
            return new Expected(Column.TEXT, 0, text.text(), 0);
        }
        return new Expected(point.value() instanceof Value.Bool ? Column.BOOL : Column.NUMBER, point.number(), null, 0);
    }

    private static Expected number(double number, double tolerance) {
        return new Expected(Column.NUMBER, number, null, tolerance);
    }
}
