package io.hearth.series.aggregate;

/** Per bucket, how far a counter rose in the steps that end there; see {@link Function#INCREASE}. */
final class CounterSteps {
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
        double increase = 0;
        for (int i = hasLast ? from : from + 1; i < to; i++) {
            double number = numbers[i];
            increase += number >= before ? number - before : number;
            before = number;
        }
        increases[bucket] += increase;
        stepped[bucket] |= hasLast || to - from > 1;
        hasLast = true;
        last = before;
        lastMicros = endMicros;
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
