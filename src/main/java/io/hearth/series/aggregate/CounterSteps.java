package io.hearth.series.aggregate;

/** Per bucket, how far a counter rose in the steps that end there; see {@link Function#INCREASE}. */
final class CounterSteps {
    static final long BYTES_PER_BUCKET = Double.BYTES + 1;

    private final double[] increases;
    private final boolean[] stepped;
    private boolean hasLast;
    private double last;
    private long lastMicros;

    CounterSteps(int buckets) {
        increases = new double[buckets];
        stepped = new boolean[buckets];
    }

    /**
     * Adds {@code numbers} from {@code from} to {@code to}, exclusive, at least one.
     *
     * @param startMicros device time of the first
     * @param endMicros device time of the last
     * @throws IllegalArgumentException if the first is not later than all before
     */
    void add(int bucket, double[] numbers, int from, int to, long startMicros, long endMicros) {
        if (hasLast && startMicros <= lastMicros) {
            throw new IllegalArgumentException("counters need each device's blocks in ascending order of time");
        }
        double before = hasLast ? last : numbers[from];
        increases[bucket] += increase(before, numbers, hasLast ? from : from + 1, to);
        stepped[bucket] |= hasLast || to - from > 1;
        hasLast = true;
        last = numbers[to - 1];
        lastMicros = endMicros;
    }

    /** Adds the numbers of a cell; as {@link #add(int, double[], int, int, long, long)}. */
    void add(int bucket, RollupCell.Edge first, double increase, RollupCell.Edge end) {
        add(bucket, new double[] {first.number()}, 0, 1, first.micros(), first.micros());
        increases[bucket] += increase;
        stepped[bucket] |= end.micros() > first.micros();
        last = end.number();
        lastMicros = end.micros();
    }

    /** How far a counter rose from {@code before} over the numbers from {@code from} to {@code to}, exclusive. */
    static double increase(double before, double[] numbers, int from, int to) {
        double increase = 0;
        double previous = before;
        for (int i = from; i < to; i++) {
            double number = numbers[i];
            increase += number >= previous ? number - previous : number;
            previous = number;
        }
        return increase;
    }

    /** Forgets the point that the next step would have begun at. */
    void nextDevice() {
        hasLast = false;
    }

    void merge(CounterSteps other) {
        for (int b = 0; b < increases.length; b++) {
            increases[b] += other.increases[b];
            stepped[b] |= other.stepped[b];
        }
    }

    /** The increase in a bucket; NaN if no step ends there. */
    double increase(int bucket) {
        return stepped[bucket] ? increases[bucket] : Double.NaN;
    }
}
