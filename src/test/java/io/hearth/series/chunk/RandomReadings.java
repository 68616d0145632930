package io.hearth.series.chunk;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Readings of all sorts, by seed: ordinary sensors and the oddest that the model allows. */
final class RandomReadings {
    private static final double[] ODD = {
        0.0,
        -0.0,
        0.1 + 0.2,
        1e300,
        -1e300,
        Double.MAX_VALUE,
        Double.MIN_VALUE,
        -Double.MIN_NORMAL,
        0x1p53,
        0x1p53 - 1,
        -0x1p53,
        0x1p63,
        -0x1p63,
        1e15 + 0.5,
        Math.PI,
        1e-12,
        123456789.123456789
    };

    private static final String[] STATES = {"heating", "idle", "off", "", "störung ✓ 𝄞"};

    private final Random random;

    private RandomReadings(long seed) {
        random = new Random(seed);
    }

    /** A block of exactly {@code size} readings. */
    static ReadingBlock block(long seed, int size) {
        return new RandomReadings(seed).block(size);
    }

    private ReadingBlock block(int size) {
        int slack = random.nextInt(3);
        long[] times = times(size, size + slack);
        List<Column> columns = new ArrayList<>();
        int metrics = 1 + random.nextInt(5);
        for (int i = 0; i < metrics; i++) {
            columns.add(column("metric-" + (char) ('a' + i) + (i == 3 ? "-ü" : ""), size, size + slack));
        }
        return new ReadingBlock(size, times, columns);
    }

    private long[] times(int size, int length) {
        long[] times = new long[length];
        long period = pick(1L, 1_000L, 1_000_000L, 10_000_000L);
        int jitter = pick(0, 0, 1, 1_000, 1_000_000);
        long unit = pick(1L, 1L, 1_000L);
        long time = random.nextBoolean() ? 1_767_225_600_000_000L : -(random.nextLong() >>> 12);
        for (int i = 0; i < size; i++) {
            times[i] = time;
            time += period + unit * random.nextInt(jitter + 1);
            if (random.nextInt(200) == 0) {
                time += random.nextLong() >>> 20;
            }
        }
        return times;
    }

    private Column column(String metric, int size, int length) {
        int sparsity = pick(1, 1, 6, 50);
        boolean regular = random.nextBoolean();
        int[] sources = random.nextInt(3) == 0
                ? new int[] {random.nextInt(9), random.nextInt(9), random.nextInt(9)}
                : new int[] {random.nextInt(9)};
        byte[] kinds = new byte[length];
        double[] numbers = new double[length];
        @Nullable String[] texts = new String[length];
        double state = random.nextInt(1000);
        boolean allNumbers = true;
        boolean any = false;
        for (int i = 0; i < size; i++) {
            boolean present = regular ? i % sparsity == 0 : random.nextInt(sparsity) == 0;
            if (!present && (any || i < size - 1)) {
                allNumbers = false;
                continue;
            }
            any = true;
            int source = sources[random.nextInt(sources.length)];
            state += random.nextInt(3) - 1;
            kinds[i] = source < 7 ? Column.NUMBER : source == 7 ? Column.BOOL : Column.TEXT;
            allNumbers &= source < 7;
            switch (source) {
                case 7 -> numbers[i] = random.nextInt(10) == 0 ? 1 : 0;
                case 8 -> texts[i] = text();
                default -> numbers[i] = number(source, state);
            }
        }
        boolean hasTexts = false;
        for (String text : texts) {
            hasTexts |= text != null;
        }
        return new Column(metric, allNumbers ? null : kinds, numbers, hasTexts ? texts : null);
    }

    private double number(int source, double state) {
        return switch (source) {
            case 0 -> state / 10;
            case 1 -> random.nextInt(100) == 0 ? ODD[random.nextInt(ODD.length)] : state / 100;
            case 2 -> ODD[random.nextInt(ODD.length)];
            case 3 -> (float) (state / 10);
            case 4 -> (state - 32) * 5 / 9;
            case 5 -> state + random.nextGaussian();
            default -> finite(random.nextLong());
        };
    }

    private static double finite(long bits) {
        double number = Double.longBitsToDouble(bits);
        return Double.isFinite(number) ? number : 1;
    }

    private String text() {
        if (random.nextInt(20) > 0) {
            return STATES[random.nextInt(STATES.length)];
        }
        return "{\"fw\":\"1." + random.nextInt(1000) + "\"}".repeat(1 + random.nextInt(20));
    }

    private long pick(long... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private int pick(int... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
