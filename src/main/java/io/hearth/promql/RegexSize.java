package io.hearth.promql;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How large a regular expression becomes when its repetitions are written out, which is how RE2 makes its program:
 * {@code (a{1000}b){3}} has some 3,000 elements. Counts what RE2 would accept; of other expressions the number means nothing.
 */
final class RegexSize {
    /** How often an element may be repeated, all repetitions around it multiplied: as RE2 bounds it elsewhere. */
    static final long MAX_REPETITIONS = 1000;

    /** Groups within groups. */
    static final int MAX_DEPTH = 500;

    /** A part of the expression: its elements, and how often the innermost of it is repeated. */
    private record Part(long elements, long repetitions) {
        static final Part NONE = new Part(0, 1);
        static final Part ONE = new Part(1, 1);

        Part and(Part other) {
            return new Part(elements + other.elements, Math.max(repetitions, other.repetitions));
        }
    }

    private final String expression;
    private final Deque<Part> outer = new ArrayDeque<>();
    private Part before = Part.NONE;
    private Part last = Part.NONE;
    private int at;

    private RegexSize(String expression) {
        this.expression = expression;
    }

    /**
     * The number of elements.
     *
     * @throws PromQlException if repetitions or groups are nested beyond their limits
     */
    static long of(String expression) {
        return new RegexSize(expression).elements();
    }

    private long elements() {
        while (at < expression.length()) {
            char c = expression.charAt(at++);
            switch (c) {
                case '(' -> open();
                case ')' -> close();
                case '[' -> {
                    skipClass();
                    element();
                }
                case '\\' -> escape();
                case '*', '+', '?' -> last = new Part(last.elements + 1, last.repetitions);
                case '{' -> repetition();
                default -> element();
            }
        }
        while (!outer.isEmpty()) {
            close();
        }
        return before.and(last).elements;
    }

    private void element() {
        before = before.and(last);
        last = Part.ONE;
    }

    private void open() {
        outer.push(before.and(last));
        if (outer.size() > MAX_DEPTH) {
            throw PromQlException.bad("a regular expression may have at most " + MAX_DEPTH + " groups within groups");
        }
        before = Part.NONE;
        last = Part.NONE;
        if (at < expression.length() && expression.charAt(at) == '?') {
            // Flags, or a name: (?i:x), (?P<name>x)
            while (at < expression.length() && ":)>".indexOf(expression.charAt(at)) < 0) {
                at++;
            }
            at += at < expression.length() && expression.charAt(at) != ')' ? 1 : 0;
        }
    }

    private void close() {
        // Where a group begins and ends is noted, too.
        last = before.and(last).and(Part.ONE).and(Part.ONE);
        before = outer.isEmpty() ? Part.NONE : outer.pop();
    }

    private void escape() {
        if (expression.startsWith("Q", at)) {
            int end = expression.indexOf("\\E", at);
            int texts = end < 0 ? expression.length() : end;
            for (at++; at < texts; at++) {
                element();
            }
            at = end < 0 ? at : end + 2;
            return;
        }
        skipEscape();
        element();
    }

    /** What follows a backslash: a character, or one with braces, as {@code \pL}, {@code \p{Greek}} and {@code \x{10FFFF}}. */
    private void skipEscape() {
        if (at == expression.length()) {
            return;
        }
        char kind = expression.charAt(at++);
        if ("pPx".indexOf(kind) >= 0 && expression.startsWith("{", at)) {
            int end = expression.indexOf('}', at);
            at = end < 0 ? expression.length() : end + 1;
        } else if (kind == 'p' || kind == 'P') {
            at++;
        }
    }

    private void skipClass() {
        if (expression.startsWith("^", at)) {
            at++;
        }
        // A bracket at the beginning is a member.
        for (boolean first = true; at < expression.length(); first = false) {
            char c = expression.charAt(at++);
            if (c == ']' && !first) {
                return;
            } else if (c == '\\') {
                skipEscape();
            } else if (c == '[' && expression.startsWith(":", at)) {
                int end = expression.indexOf(":]", at + 1);
                at = end < 0 ? at : end + 2;
            }
        }
    }

    /** {@code {n}}, {@code {n,}} or {@code {n,m}}; a brace that begins none of these is a character. */
    private void repetition() {
        int end = expression.indexOf('}', at);
        int most = end < 0 ? -1 : most(expression.substring(at, end));
        if (most < 0) {
            element();
            return;
        }
        at = end + 1;
        long factor = Math.max(1, most);
        last = new Part(last.elements * factor + factor, last.repetitions * factor);
        if (last.repetitions > MAX_REPETITIONS) {
            throw PromQlException.bad("error parsing regexp: invalid repeat count: repetitions within repetitions may"
                    + " repeat at most " + MAX_REPETITIONS + " times in all: `" + expression + "`");
        }
    }

    /** How often a repetition repeats at most, or at least if that is open; negative if the text is not one. */
    private static int most(String range) {
        String[] bounds = range.split(",", 3);
        if (bounds.length == 3 || !isNumber(bounds[0])) {
            return -1;
        }
        String most = bounds.length == 1 || bounds[1].isEmpty() ? bounds[0] : bounds[1];
        // RE2 has an error of its own for numbers that are too large.
        return !isNumber(most) || most.length() > 4 ? -1 : Integer.parseInt(most);
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
