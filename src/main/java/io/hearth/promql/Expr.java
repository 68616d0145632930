package io.hearth.promql;

import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/** A parsed and type-checked expression. */
public sealed interface Expr {
    ValueType type();

    /** A number. */
    record NumberLiteral(double value) implements Expr {
        @Override
        public ValueType type() {
            return ValueType.SCALAR;
        }
    }

    /** A text. */
    record StringLiteral(String value) implements Expr {
        @Override
        public ValueType type() {
            return ValueType.STRING;
        }
    }

    /** Per series the last sample within the lookback; {@code offsetMicros} says how much earlier than the step to look. */
    record Selector(List<LabelMatcher> matchers, long offsetMicros) implements Expr {
        public Selector {
            matchers = List.copyOf(matchers);
        }

        @Override
        public ValueType type() {
            return ValueType.VECTOR;
        }
    }

    /** Per series the samples of {@code (step - offset - range, step - offset]}. */
    record RangeSelector(Selector series, long rangeMicros) implements Expr {
        @Override
        public ValueType type() {
            return ValueType.RANGE;
        }
    }

    /** A function of the samples of a window; {@code parameter} is the quantile of {@code quantile_over_time}, else null. */
    record WindowCall(
            WindowFunction function,
            RangeSelector window,
            @Nullable Expr parameter) implements Expr {
        @Override
        public ValueType type() {
            return ValueType.VECTOR;
        }
    }

    /** A function of each value of a vector, and of numbers. */
    record ValueCall(ValueFunction function, Expr vector, List<Expr> parameters) implements Expr {
        public ValueCall {
            parameters = List.copyOf(parameters);
        }

        @Override
        public ValueType type() {
            return ValueType.VECTOR;
        }
    }

    /** The value of the only series of a vector; NaN unless there is exactly one. */
    record ScalarOf(Expr vector) implements Expr {
        @Override
        public ValueType type() {
            return ValueType.SCALAR;
        }
    }

    /** A scalar as a vector of one series without labels. */
    record VectorOf(Expr scalar) implements Expr {
        @Override
        public ValueType type() {
            return ValueType.VECTOR;
        }
    }

    /** The time of the step, in seconds. */
    record Time() implements Expr {
        @Override
        public ValueType type() {
            return ValueType.SCALAR;
        }
    }

    /** Series made into fewer; {@code parameter} is the k of {@code topk} and {@code bottomk}, else null. */
    record Aggregate(
            AggregateOperator operator,
            Grouping grouping,
            Expr vector,
            @Nullable Expr parameter) implements Expr {
        @Override
        public ValueType type() {
            return ValueType.VECTOR;
        }
    }

    /** Which labels make a group: only these ({@code by}), or all but these ({@code without}). */
    record Grouping(boolean without, SortedSet<String> labels) {
        Labels of(Labels series) {
            return without ? series.without(labels).without(Labels.NAME) : series.only(labels);
        }
    }

    /** Arithmetic or comparison of two scalars, or of a vector and a scalar; {@code bool} makes a comparison 0 or 1. */
    record Binary(BinaryOperator operator, Expr left, Expr right, boolean bool) implements Expr {
        @Override
        public ValueType type() {
            boolean vector = left.type() == ValueType.VECTOR || right.type() == ValueType.VECTOR;
            return vector ? ValueType.VECTOR : ValueType.SCALAR;
        }
    }

    /** The unary minus. */
    record Negation(Expr operand) implements Expr {
        @Override
        public ValueType type() {
            return operand.type();
        }
    }
}
