package io.hearth.promql;

/** An operator between two numbers, and how tightly it binds. */
public enum BinaryOperator {
    POWER("^", 6),
    MULTIPLY("*", 5),
    DIVIDE("/", 5),
    MODULO("%", 5),
    ADD("+", 4),
    SUBTRACT("-", 4),
    EQUAL("==", 3),
    NOT_EQUAL("!=", 3),
    LESS_OR_EQUAL("<=", 3),
    LESS("<", 3),
    GREATER_OR_EQUAL(">=", 3),
    GREATER(">", 3);

    private final String symbol;
    private final int precedence;

    BinaryOperator(String symbol, int precedence) {
        this.symbol = symbol;
        this.precedence = precedence;
    }

    String symbol() {
        return symbol;
    }

    /** Greater binds tighter; all but {@link #POWER} group from the left. */
    int precedence() {
        return precedence;
    }

    boolean isComparison() {
        return precedence == EQUAL.precedence;
    }

    /** The outcome; of a comparison 1 or 0. */
    double apply(double left, double right) {
        return switch (this) {
            case POWER -> power(left, right);
            case MULTIPLY -> left * right;
            case DIVIDE -> left / right;
            case MODULO -> left % right;
            case ADD -> left + right;
            case SUBTRACT -> left - right;
            case EQUAL -> left == right ? 1 : 0;
            case NOT_EQUAL -> left != right ? 1 : 0;
            case LESS_OR_EQUAL -> left <= right ? 1 : 0;
            case LESS -> left < right ? 1 : 0;
            case GREATER_OR_EQUAL -> left >= right ? 1 : 0;
            case GREATER -> left > right ? 1 : 0;
        };
    }

    /** As IEEE 754 and Go have it, which Java has not: 1 to any power is 1, and -1 to an infinite one. */
    private static double power(double base, double exponent) {
        boolean one = base == 1 || base == -1 && Double.isInfinite(exponent);
        return one ? 1 : Math.pow(base, exponent);
    }
}
