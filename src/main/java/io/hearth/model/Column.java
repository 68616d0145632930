package io.hearth.model;

import org.jspecify.annotations.Nullable;

/**
 * One metric of a {@link ReadingBlock}: a value, or none, for each of its readings. Arrays are neither copied nor
 * guarded, for the sake of scans; whoever has a column only reads it.
 *
 * @param metric its name
 * @param kinds per reading {@link #ABSENT}, {@link #NUMBER}, {@link #BOOL} or {@link #TEXT}; null if all are numbers
 * @param numbers the number, or 1 and 0 for true and false; meaningless where kind is absent or text
 * @param texts the strings; null if the column has none
 */
public record Column(
        String metric,
        byte @Nullable [] kinds,
        double[] numbers,
        @Nullable String @Nullable [] texts) {
    public static final byte ABSENT = 0;
    public static final byte NUMBER = 1;
    public static final byte BOOL = 2;
    public static final byte TEXT = 3;

    /** The kind of the value of reading {@code index}. */
    public byte kindAt(int index) {
        return kinds == null ? NUMBER : kinds[index];
    }

    /** The value of reading {@code index}; null if it has none. */
    public @Nullable Value valueAt(int index) {
        return switch (kindAt(index)) {
            case NUMBER -> new Value.Num(numbers[index]);
            case BOOL -> new Value.Bool(numbers[index] != 0);
            case TEXT -> new Value.Text(textAt(index));
            default -> null;
        };
    }

    /** The string of reading {@code index}, whose kind must be {@link #TEXT}. */
    public String textAt(int index) {
        String text = texts == null ? null : texts[index];
        if (text == null) {
            throw new IllegalStateException(metric + " has no text at " + index);
        }
        return text;
    }
}
