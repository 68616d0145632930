package io.hearth.promql;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A condition on the value of a label; a series without the label has the empty value. */
public final class LabelMatcher {
    /** Longer expressions than this must be alternatives of plain texts, as dashboards make them of several choices. */
    static final int MAX_PATTERN_LENGTH = 4096;

    /**
     * Elements of all regular expressions of a query, repetitions written out: a match takes time proportional to them, and
     * memory of some 50 bytes each.
     */
    public static final long MAX_ELEMENTS = 20_000;

    /** How the value is compared. */
    enum Operator {
        EQUAL("="),
        NOT_EQUAL("!="),
        MATCHES("=~"),
        NOT_MATCHES("!~");

        private final String symbol;

        Operator(String symbol) {
            this.symbol = symbol;
        }

        static Operator of(String symbol) {
            for (Operator operator : values()) {
                if (operator.symbol.equals(symbol)) {
                    return operator;
                }
            }
            throw new IllegalArgumentException(symbol);
        }
    }

    private final String label;
    private final Operator operator;
    private final String operand;
    private final @Nullable Set<String> alternatives;
    private final @Nullable Pattern pattern;
    private final long elements;

    /** @throws PromQlException if the operand is a regular expression that RE2 does not know, or larger than it may be */
    LabelMatcher(String label, Operator operator, String operand) {
        this.label = label;
        this.operator = operator;
        this.operand = operand;
        boolean expression = operator == Operator.MATCHES || operator == Operator.NOT_MATCHES;
        alternatives = expression ? alternativesOf(operand) : Set.of(operand);
        elements = alternatives == null ? sizeOf(operand) : 0;
        pattern = alternatives == null ? compile(operand) : null;
    }

    String label() {
        return label;
    }

    /** How large its regular expression is, repetitions written out; 0 for plain texts. */
    public long elements() {
        return elements;
    }

    /** Whether it names values that are wanted, rather than values that are not. */
    boolean isPositive() {
        return operator == Operator.EQUAL || operator == Operator.MATCHES;
    }

    /** The only values that match, if it is a list of such; else null. */
    @Nullable
    Set<String> onlyValues() {
        return isPositive() ? alternatives : null;
    }

    boolean matches(String value) {
        boolean found = pattern == null ? alternatives != null && alternatives.contains(value) : pattern.matches(value);
        return found == isPositive();
    }

    @Override
    public String toString() {
        return label + operator.symbol + '"' + operand + '"';
    }

    private static long sizeOf(String expression) {
        if (expression.length() > MAX_PATTERN_LENGTH) {
            throw PromQlException.bad("a regular expression may have at most " + MAX_PATTERN_LENGTH
                    + " characters, unless it is plain alternatives such as a|b|c");
        }
        long elements = RegexSize.of(expression);
        requireSize(elements);
        return elements;
    }

    /**
     * Refuses more than one query may have.
     *
     * @param elements of all its regular expressions
     * @throws PromQlException if these are too many
     */
    public static void requireSize(long elements) {
        if (elements > MAX_ELEMENTS) {
            throw PromQlException.bad("the regular expressions of a query may have at most " + MAX_ELEMENTS
                    + " elements with their repetitions written out, and these have " + elements);
        }
    }

    /** Anchored at both ends, and the dot matches a line break: as Prometheus. RE2 takes time linear in the value. */
    private static Pattern compile(String expression) {
        try {
            return Pattern.compile(expression, Pattern.DOTALL);
        } catch (PatternSyntaxException e) {
            throw PromQlException.bad("error parsing regexp: " + e.getDescription() + ": `" + e.getPattern() + "`");
        }
    }

    /** The texts of an expression that is nothing but {@code a|b|c} or {@code (a|b|c)}, escapes undone; else null. */
    private static @Nullable Set<String> alternativesOf(String expression) {
        int start = 0;
        int end = expression.length();
        if (end >= 2 && expression.charAt(0) == '(' && expression.charAt(end - 1) == ')') {
            start++;
            end--;
        }
        Set<String> found = new HashSet<>();
        StringBuilder text = new StringBuilder();
        for (int i = start; i < end; i++) {
            char c = expression.charAt(i);
            if (c == '|') {
                found.add(text.toString());
                text.setLength(0);
            } else if (c == '\\') {
                i++;
                if (i == end || Character.isLetterOrDigit(expression.charAt(i))) {
                    return null;
                }
                text.append(expression.charAt(i));
            } else if ("^$.*+?()[]{}".indexOf(c) >= 0) {
                return null;
            } else {
                text.append(c);
            }
        }
        found.add(text.toString());
        return found;
    }
}
