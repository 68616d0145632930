package io.hearth.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Readings on their way in, flat: the points of one reading after those of the other. Filled by a decoder, read by
 * whoever stores them, then {@linkplain #clear cleared} and filled again, so that taking in a message leaves no garbage.
 * Not safe for several threads.
 *
 * <p>A reading is open from {@link #beginReading} to {@link #endReading}; {@link #truncate} takes back what a payload has
 * added when it turns out to be malformed.
 */
public final class PointBuffer {
    /** Stands for the device time of a reading that came without one. */
    public static final long NO_TIME = Long.MIN_VALUE;

    private int readings;
    private int points;
    private long[] timesMicros = new long[64];
    private int[] firstPoint = new int[65];
    private String[] metrics = new String[256];
    private byte[] kinds = new byte[256];
    private double[] numbers = new double[256];
    private @Nullable String[] texts = new @Nullable String[256];

    /** How many readings have been completed. */
    public int size() {
        return readings;
    }

    /** Begins a reading behind the completed ones; takes back one that was begun and not ended. */
    public void beginReading() {
        points = firstPoint[readings];
    }

    public void addNumber(String metric, double number) {
        int at = addPoint(metric, Column.NUMBER);
        numbers[at] = number;
    }

    public void addBool(String metric, boolean bool) {
        int at = addPoint(metric, Column.BOOL);
        numbers[at] = bool ? 1 : 0;
    }

    public void addText(String metric, String text) {
        int at = addPoint(metric, Column.TEXT);
        texts[at] = text;
    }

    /** Adds the value of {@code point} of {@code other}. */
    public void addPointOf(PointBuffer other, int point) {
        int at = addPoint(other.metrics[point], other.kinds[point]);
        numbers[at] = other.numbers[point];
        texts[at] = other.texts[point];
    }

    /** How many points the reading that is open has so far. */
    public int openPoints() {
        return points - firstPoint[readings];
    }

    /**
     * Completes the open reading.
     *
     * @param deviceTimeMicros its device time, or {@link #NO_TIME}
     */
    public void endReading(long deviceTimeMicros) {
        if (readings == timesMicros.length) {
            timesMicros = Arrays.copyOf(timesMicros, readings * 2);
            firstPoint = Arrays.copyOf(firstPoint, readings * 2 + 1);
        }
        timesMicros[readings++] = deviceTimeMicros;
        firstPoint[readings] = points;
    }

    /** Forgets every reading from index {@code size} on, and one that is open. */
    public void truncate(int size) {
        readings = size;
        points = firstPoint[size];
    }

    public void clear() {
        Arrays.fill(texts, 0, points, null);
        truncate(0);
    }

    public long timeMicros(int reading) {
        return timesMicros[reading];
    }

    public void setTimeMicros(int reading, long deviceTimeMicros) {
        timesMicros[reading] = deviceTimeMicros;
    }

    /** The index of the first point of a reading; its last one is before {@code firstPoint(reading + 1)}. */
    public int firstPoint(int reading) {
        return firstPoint[reading];
    }

    /** Whether two readings have the same metrics in the same order. */
    public boolean haveSameMetrics(int one, int other) {
        int first = firstPoint[one];
        int offset = firstPoint[other] - first;
        int end = firstPoint[one + 1];
        if (firstPoint[other + 1] - end != offset) {
            return false;
        }
        for (int point = first; point < end; point++) {
            // Decoders mostly answer the same string for the same name.
            if (!metrics[point].equals(metrics[point + offset])) {
                return false;
            }
        }
        return true;
    }

    public String metric(int point) {
        return metrics[point];
    }

    /** {@link Column#NUMBER}, {@link Column#BOOL} or {@link Column#TEXT}. */
    public byte kind(int point) {
        return kinds[point];
    }

    /** The number, or 1 and 0 for true and false. */
    public double number(int point) {
        return numbers[point];
    }

    /** The string of a point whose kind is {@link Column#TEXT}. */
    public String text(int point) {
        String text = texts[point];
        if (text == null) {
            throw new IllegalStateException("point " + point + " has no text");
        }
        return text;
    }

    private int addPoint(String metric, byte kind) {
        if (points == kinds.length) {
            int capacity = points * 2;
            metrics = Arrays.copyOf(metrics, capacity);
            kinds = Arrays.copyOf(kinds, capacity);
            numbers = Arrays.copyOf(numbers, capacity);
            texts = Arrays.copyOf(texts, capacity);
        }
        metrics[points] = metric;
        kinds[points] = kind;
        return points++;
    }
}
