package io.hearth.model;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
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

    /** The most bytes that a reading may have, see {@link #fits}. */
    public static final int MAX_READING_BYTES = 120_000;

    /** What is wrong with a reading that does not fit, for its sender. */
    public static final String TOO_LARGE =
            "the reading's names and texts have more than " + MAX_READING_BYTES + " bytes";

    /** So many points of any size fit into a reading: names have at most 128 bytes, texts 1,024. */
    public static final int POINTS_THAT_ALWAYS_FIT = 100;

    private static final int BYTES_BESIDE_NAME = 12;

    /** Up to so many points are compared one by one, which is quicker than a table of them. */
    private static final int FEW_POINTS = 4;

    private int readings;
    private int points;
    private long[] timesMicros = new long[64];
    private int[] firstPoint = new int[65];
    private String[] metrics = new String[256];
    private byte[] kinds = new byte[256];
    private double[] numbers = new double[256];
    private @Nullable String[] texts = new @Nullable String[256];

    /** By hash of the metric, the point of the open reading + 1; 0 for none. All 0 but while a repeated metric is looked for. */
    private int[] places = new int[0];

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

    /** What the points of the reading that is open take of {@link #MAX_READING_BYTES} so far. */
    public long openBytes() {
        return bytes(firstPoint[readings], points);
    }

    /** The metrics that the reading that is open has a value of so far; a set of the caller's own. */
    public Set<String> openMetrics() {
        return new HashSet<>(Arrays.asList(metrics).subList(firstPoint[readings], points));
    }

    /**
     * A metric that the open reading has more than once; null if there is none. To be asked once, when all points are there: it
     * costs a few nanoseconds a point.
     */
    public @Nullable String repeatedMetric() {
        int first = firstPoint[readings];
        if (points - first <= FEW_POINTS) {
            for (int point = first + 1; point < points; point++) {
                for (int other = first; other < point; other++) {
                    if (metrics[point].equals(metrics[other])) {
                        return metrics[point];
                    }
                }
            }
            return null;
        }
        return repeatedAmongMany(first);
    }

    /** Puts the points into a table with linear probing. */
    private @Nullable String repeatedAmongMany(int first) {
        int count = points - first;
        if (places.length < 2 * count) {
            places = new int[Integer.highestOneBit(2 * count - 1) * 2];
        }
        int mask = places.length - 1;
        String repeated = null;
        int point = first;
        for (; point < points && repeated == null; point++) {
            String metric = metrics[point];
            int place = placeOf(metric, mask);
            while (places[place] != 0 && repeated == null) {
                repeated = metrics[places[place] - 1].equals(metric) ? metric : null;
                place = place + 1 & mask;
            }
            if (repeated == null) {
                places[place] = point + 1;
            }
        }
        // Empties what was filled, which is quicker than all of it.
        for (int filled = first; filled < point; filled++) {
            int place = placeOf(metrics[filled], mask);
            while (places[place] != 0) {
                places[place] = 0;
                place = place + 1 & mask;
            }
        }
        return repeated;
    }

    private static int placeOf(String metric, int mask) {
        int hash = metric.hashCode() * 0x9E3779B9;
        return hash >>> 16 & mask;
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

    /**
     * Whether a reading fits an item of any engine, as a run and as a chunk, whose header repeats its texts: whether its names and
     * texts, with {@value #BYTES_BESIDE_NAME} bytes for each point, have at most {@value #MAX_READING_BYTES}.
     */
    public boolean fits(int reading) {
        int first = firstPoint[reading];
        int end = firstPoint[reading + 1];
        if (end - first <= POINTS_THAT_ALWAYS_FIT) {
            return true;
        }
        return bytes(first, end) <= MAX_READING_BYTES;
    }

    private long bytes(int firstPoint, int endPoint) {
        long bytes = 0;
        for (int point = firstPoint; point < endPoint; point++) {
            bytes += sizeOf(point);
        }
        return bytes;
    }

    /**
     * Takes the last point back from the open reading if the reading would not fit with it.
     *
     * @param openBytes what this answered for the point before; 0 for the first point
     * @return the bytes of the reading so far; -1 if the point was taken back
     */
    public long addedBytes(long openBytes) {
        long bytes = openBytes + sizeOf(points - 1);
        if (openPoints() > POINTS_THAT_ALWAYS_FIT && bytes > MAX_READING_BYTES) {
            points--;
            return -1;
        }
        return bytes;
    }

    private int sizeOf(int point) {
        String text = kinds[point] == Column.TEXT ? texts[point] : null;
        return sizeOf(metrics[point], text);
    }

    /** What a point counts for the size of its reading, in bytes. */
    public static int sizeOf(String metric, @Nullable String text) {
        return utf8Length(metric) + BYTES_BESIDE_NAME + (text == null ? 0 : utf8Length(text));
    }

    private static int utf8Length(String text) {
        int length = text.length();
        int bytes = length;
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            // Half a surrogate pair counts 2 of the 4 bytes of the pair.
            bytes += c < 0x80 ? 0 : c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
        }
        return bytes;
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
