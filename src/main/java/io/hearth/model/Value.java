package io.hearth.model;

import java.util.Comparator;

/** What a metric can hold at one instant. */
public sealed interface Value {

    /**
     * A number.
     *
     * @param number finite, as JSON has no form for anything else; whole numbers are exact up to 2^53
     */
    record Num(double number) implements Value {
        public Num {
            if (!Double.isFinite(number)) {
                throw new IllegalArgumentException("a number must be finite: " + number);
            }
        }
    }

    /** A truth value. */
    record Bool(boolean bool) implements Value {}

    /**
     * A string.
     *
     * @param text at most {@link #MAX_TEXT_BYTES} bytes of UTF-8
     */
    record Text(String text) implements Value {}

    /** Truth values, then numbers, then texts; of one kind by value. Regions settle ties by it, so it stays as it is. */
    Comparator<Value> ORDER = Value::compare;

    private static int compare(Value one, Value other) {
        if (one instanceof Num number && other instanceof Num than) {
            return Double.compare(number.number, than.number);
        }
        if (one instanceof Text text && other instanceof Text than) {
            return text.text.compareTo(than.text);
        }
        if (one instanceof Bool bool && other instanceof Bool than) {
            return Boolean.compare(bool.bool, than.bool);
        }
        return Integer.compare(rank(one), rank(other));
    }

    private static int rank(Value value) {
        if (value instanceof Text) {
            return 2;
        }
        return value instanceof Num ? 1 : 0;
    }

    /** The most bytes of UTF-8 that a {@link Text} may have. */
    int MAX_TEXT_BYTES = 1024;
}
