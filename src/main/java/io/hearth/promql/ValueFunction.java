package io.hearth.promql;

import java.util.Locale;

/** A function of each value of a vector, with up to two numbers beside it. */
public enum ValueFunction {
    ABS(0, 0),
    CEIL(0, 0),
    FLOOR(0, 0),
    ROUND(0, 1),
    SGN(0, 0),
    SQRT(0, 0),
    EXP(0, 0),
    LN(0, 0),
    LOG2(0, 0),
    LOG10(0, 0),
    CLAMP(2, 2),
    CLAMP_MIN(1, 1),
    CLAMP_MAX(1, 1);

    private final int minParameters;
    private final int maxParameters;

    ValueFunction(int minParameters, int maxParameters) {
        this.minParameters = minParameters;
        this.maxParameters = maxParameters;
    }

    String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    int minParameters() {
        return minParameters;
    }

    int maxParameters() {
        return maxParameters;
    }

    /** What stands in for a parameter that is left out. */
    static final double DEFAULT_PARAMETER = 1;

    /** Whether a value stays at all with these parameters: nothing lies between a minimum and a smaller maximum. */
    boolean keeps(double first, double second) {
        return this != CLAMP || !(second < first);
    }

    double apply(double value, double first, double second) {
        return switch (this) {
            case ABS -> Math.abs(value);
            case CEIL -> Math.ceil(value);
            case FLOOR -> Math.floor(value);
            case ROUND -> round(value, first);
            case SGN -> Math.signum(value);
            case SQRT -> Math.sqrt(value);
            case EXP -> Math.exp(value);
            case LN -> Math.log(value);
            case LOG2 -> log2(value);
            case LOG10 -> Math.log10(value);
            case CLAMP -> Math.max(first, Math.min(second, value));
            case CLAMP_MIN -> Math.max(first, value);
            case CLAMP_MAX -> Math.min(first, value);
        };
    }

    /** To the nearest multiple, ties up; by the inverse, so that 0.1 as a multiple adds no error of its own. */
    private static double round(double value, double multiple) {
        double inverse = 1 / multiple;
        return Math.floor(value * inverse + 0.5) / inverse;
    }

    /** Exact for powers of two. */
    private static double log2(double value) {
        int exponent = Math.getExponent(value);
        if (value > 0 && value == Math.scalb(1.0, exponent)) {
            return exponent;
        }
        return Math.log(value) / Math.log(2);
    }
}
