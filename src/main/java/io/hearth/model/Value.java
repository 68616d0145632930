package io.hearth.model;

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

    /** The most bytes of UTF-8 that a {@link Text} may have. */
    int MAX_TEXT_BYTES = 1024;
}
