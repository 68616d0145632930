package io.hearth.promql;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Makes calls of functions: which there are, and what they take. */
final class CallParser {
    /** What Prometheus 3 has beyond {@link #supported()}, so that a message can tell a missing function from a slip. */
    private static final Set<String> ELSEWHERE = Set.of(
            "absent",
            "absent_over_time",
            "acos",
            "acosh",
            "asin",
            "asinh",
            "atan",
            "atanh",
            "changes",
            "cos",
            "cosh",
            "count_values",
            "day_of_month",
            "day_of_week",
            "day_of_year",
            "days_in_month",
            "deg",
            "deriv",
            "double_exponential_smoothing",
            "first_over_time",
            "histogram_avg",
            "histogram_count",
            "histogram_fraction",
            "histogram_quantile",
            "histogram_stddev",
            "histogram_stdvar",
            "histogram_sum",
            "hour",
            "info",
            "label_join",
            "label_replace",
            "limitk",
            "limit_ratio",
            "mad_over_time",
            "minute",
            "month",
            "pi",
            "predict_linear",
            "present_over_time",
            "quantile",
            "rad",
            "resets",
            "sin",
            "sinh",
            "sort",
            "sort_by_label",
            "sort_by_label_desc",
            "sort_desc",
            "tan",
            "tanh",
            "timestamp",
            "year");

    private final Parser parser;

    CallParser(Parser parser) {
        this.parser = parser;
    }

    static boolean isElsewhere(String name) {
        return ELSEWHERE.contains(name);
    }

    Expr call(Token name) {
        WindowFunction window = windowFunction(name.text());
        ValueFunction function = valueFunction(name.text());
        boolean conversion = Set.of("scalar", "vector", "time").contains(name.text());
        // Before the arguments: a function that is missing should not be hidden by what is missing inside it.
        if (window == null && function == null && !conversion) {
            String fact = isElsewhere(name.text())
                    ? name.text() + " is not supported"
                    : "unknown function with name \"" + name.text() + '"';
            throw parser.error(name, fact + "; supported are " + String.join(", ", supported()));
        }
        List<Expr> arguments = parser.arguments();
        if (window != null) {
            return windowCall(name, window, arguments);
        }
        if (function != null) {
            return valueCall(name, function, arguments);
        }
        return conversion(name, arguments);
    }

    private Expr windowCall(Token name, WindowFunction function, List<Expr> arguments) {
        boolean quantile = function == WindowFunction.QUANTILE_OVER_TIME;
        int count = quantile ? 2 : 1;
        requireCount(name, arguments, count, count);
        if (quantile) {
            parser.requireType(name, in(name), arguments.get(0), ValueType.SCALAR);
        }
        Expr last = arguments.get(count - 1);
        parser.requireType(name, in(name), last, ValueType.RANGE);
        return new Expr.WindowCall(function, (Expr.RangeSelector) last, quantile ? arguments.get(0) : null);
    }

    private Expr valueCall(Token name, ValueFunction function, List<Expr> arguments) {
        requireCount(name, arguments, 1 + function.minParameters(), 1 + function.maxParameters());
        parser.requireType(name, in(name), arguments.get(0), ValueType.VECTOR);
        List<Expr> parameters = arguments.subList(1, arguments.size());
        for (Expr parameter : parameters) {
            parser.requireType(name, in(name), parameter, ValueType.SCALAR);
        }
        return new Expr.ValueCall(function, arguments.get(0), parameters);
    }

    private Expr conversion(Token name, List<Expr> arguments) {
        boolean time = name.text().equals("time");
        requireCount(name, arguments, time ? 0 : 1, time ? 0 : 1);
        if (time) {
            return new Expr.Time();
        }
        boolean scalar = name.text().equals("scalar");
        parser.requireType(name, in(name), arguments.get(0), scalar ? ValueType.VECTOR : ValueType.SCALAR);
        return scalar ? new Expr.ScalarOf(arguments.get(0)) : new Expr.VectorOf(arguments.get(0));
    }

    private void requireCount(Token name, List<Expr> arguments, int min, int max) {
        String expected = min == max ? String.valueOf(min) : min + " to " + max;
        parser.require(
                arguments.size() >= min && arguments.size() <= max,
                name,
                "expected " + expected + " argument(s) in call to \"" + name.text() + "\", got " + arguments.size());
    }

    private static String in(Token name) {
        return "call to function \"" + name.text() + '"';
    }

    private static @Nullable WindowFunction windowFunction(String name) {
        for (WindowFunction function : WindowFunction.values()) {
            if (function.title().equals(name)) {
                return function;
            }
        }
        return null;
    }

    private static @Nullable ValueFunction valueFunction(String name) {
        for (ValueFunction function : ValueFunction.values()) {
            if (function.title().equals(name)) {
                return function;
            }
        }
        return null;
    }

    private static Set<String> supported() {
        List<String> names = new ArrayList<>(List.of("scalar", "time", "vector"));
        for (WindowFunction function : WindowFunction.values()) {
            names.add(function.title());
        }
        for (ValueFunction function : ValueFunction.values()) {
            names.add(function.title());
        }
        for (AggregateOperator operator : AggregateOperator.values()) {
            names.add(operator.title());
        }
        return new TreeSet<>(names);
    }
}
