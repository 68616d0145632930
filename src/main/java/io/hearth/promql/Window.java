package io.hearth.promql;

import java.util.Arrays;

/**
 * The samples of a window that slides over a series, and a function of them.
 *
 * <p>A function that folds the samples costs O(1) for each sample, however far windows overlap, and never subtracts, which
 * would cost precision: the samples are a queue of two halves. For each sample of the front half the fold from there to the
 * end of the half is kept, for the back half the fold of all of it. When the front half is used up, the back becomes the
 * front, and its folds are made from its end to its beginning.
 */
abstract class Window {
    static final int FIRST_CAPACITY = 64;

    private final QueryBudget budget;
    long[] timesMicros = new long[FIRST_CAPACITY];
    double[] values = new double[FIRST_CAPACITY];
    int head;
    /** The first of the back half. */
    int middle;

    int tail;

    Window(QueryBudget budget) {
        this.budget = budget;
        budget.hold(FIRST_CAPACITY);
    }

    final void clear() {
        head = 0;
        middle = 0;
        tail = 0;
        startBack();
    }

    final void add(long timeMicros, double value) {
        if (tail == values.length) {
            makeRoom();
        }
        timesMicros[tail] = timeMicros;
        values[tail] = value;
        addToBack(tail++);
    }

    final void dropUpTo(long timeMicros) {
        while (head < tail && timesMicros[head] <= timeMicros) {
            head++;
        }
        if (head > middle) {
            flip();
        }
    }

    final int size() {
        return tail - head;
    }

    boolean hasValue() {
        return head < tail;
    }

    /** The value for {@code (startMicros, endMicros]}, whose samples are there; only if it {@link #hasValue}. */
    abstract double value(long startMicros, long endMicros, int step);

    /** The back half is empty. */
    void startBack() {}

    /** The sample at {@code index} joined the end of the back half. */
    void addToBack(int index) {}

    /** Makes the fold from {@code index} to the end of the front half; the one from the next sample on is made. */
    void foldFront(int index) {}

    /** Room for folds of so many samples. */
    void resize(int capacity) {}

    /** For functions that take long for a window; reading checks the time for the others. */
    final void checkTime() {
        budget.checkTime();
    }

    private void makeRoom() {
        int size = size();
        if (size > values.length / 2) {
            budget.hold(values.length);
            timesMicros = Arrays.copyOf(timesMicros, 2 * values.length);
            values = Arrays.copyOf(values, 2 * values.length);
            resize(values.length);
        }
        System.arraycopy(timesMicros, head, timesMicros, 0, size);
        System.arraycopy(values, head, values, 0, size);
        head = 0;
        tail = size;
        flip();
    }

    private void flip() {
        middle = tail;
        for (int i = tail - 1; i >= head; i--) {
            foldFront(i);
        }
        startBack();
    }

    /** Sum or mean, with the rounding errors of the additions summed beside (Neumaier). */
    static final class SumWindow extends Window {
        private final boolean mean;
        private final CompensatedSum back = new CompensatedSum();
        private final CompensatedSum both = new CompensatedSum();
        private double[] frontSums = new double[FIRST_CAPACITY];
        private double[] frontErrors = new double[FIRST_CAPACITY];

        SumWindow(QueryBudget budget, boolean mean) {
            super(budget);
            this.mean = mean;
        }

        @Override
        void startBack() {
            back.clear();
        }

        @Override
        void addToBack(int index) {
            back.add(values[index]);
        }

        @Override
        void foldFront(int index) {
            both.clear();
            if (index + 1 < middle) {
                both.add(frontSums[index + 1], frontErrors[index + 1]);
            }
            both.add(values[index]);
            frontSums[index] = both.sum();
            frontErrors[index] = both.error();
        }

        @Override
        void resize(int capacity) {
            frontSums = Arrays.copyOf(frontSums, capacity);
            frontErrors = Arrays.copyOf(frontErrors, capacity);
        }

        @Override
        double value(long startMicros, long endMicros, int step) {
            both.clear();
            if (head < middle) {
                both.add(frontSums[head], frontErrors[head]);
            }
            both.add(back.sum(), back.error());
            if (!mean) {
                return both.total();
            }
            return Double.isInfinite(both.total()) ? meanWithoutOverflow() : both.total() / size();
        }

        private double meanWithoutOverflow() {
            double sum = 0;
            for (int i = head; i < tail; i++) {
                sum += values[i] / size();
            }
            return sum;
        }
    }

    /** The least or greatest sample. */
    static final class ExtremeWindow extends Window {
        private final boolean greatest;
        private double back;
        private double[] front = new double[FIRST_CAPACITY];

        ExtremeWindow(QueryBudget budget, boolean greatest) {
            super(budget);
            this.greatest = greatest;
        }

        @Override
        void startBack() {
            back = none();
        }

        @Override
        void addToBack(int index) {
            back = of(back, values[index]);
        }

        @Override
        void foldFront(int index) {
            front[index] = of(values[index], index + 1 < middle ? front[index + 1] : none());
        }

        @Override
        void resize(int capacity) {
            front = Arrays.copyOf(front, capacity);
        }

        @Override
        double value(long startMicros, long endMicros, int step) {
            return of(head < middle ? front[head] : none(), back);
        }

        private double none() {
            return greatest ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }

        private double of(double one, double other) {
            return greatest ? Math.max(one, other) : Math.min(one, other);
        }
    }

    /** Population variance or its root, the moments of both halves combined (Chan, Golub, LeVeque). */
    static final class SpreadWindow extends Window {
        private final boolean root;
        private final Spread back = new Spread();
        private final Spread both = new Spread();
        private double[] frontMeans = new double[FIRST_CAPACITY];
        private double[] frontSquares = new double[FIRST_CAPACITY];

        SpreadWindow(QueryBudget budget, boolean root) {
            super(budget);
            this.root = root;
        }

        @Override
        void startBack() {
            back.clear();
        }

        @Override
        void addToBack(int index) {
            back.add(values[index]);
        }

        @Override
        void foldFront(int index) {
            both.clear();
            if (index + 1 < middle) {
                both.add(middle - index - 1, frontMeans[index + 1], frontSquares[index + 1]);
            }
            both.add(values[index]);
            frontMeans[index] = both.mean();
            frontSquares[index] = both.squares();
        }

        @Override
        void resize(int capacity) {
            frontMeans = Arrays.copyOf(frontMeans, capacity);
            frontSquares = Arrays.copyOf(frontSquares, capacity);
        }

        @Override
        double value(long startMicros, long endMicros, int step) {
            both.clear();
            if (head < middle) {
                both.add(middle - head, frontMeans[head], frontSquares[head]);
            }
            both.add(back.count(), back.mean(), back.squares());
            double variance = both.squares() / both.count();
            return root ? Math.sqrt(variance) : variance;
        }
    }

    /** What the last one or two samples tell, or their number. */
    static final class EdgeWindow extends Window {
        private final WindowFunction function;

        EdgeWindow(QueryBudget budget, WindowFunction function) {
            super(budget);
            this.function = function;
        }

        @Override
        boolean hasValue() {
            boolean two = function == WindowFunction.IRATE || function == WindowFunction.IDELTA;
            return size() > (two ? 1 : 0);
        }

        @Override
        double value(long startMicros, long endMicros, int step) {
            return switch (function) {
                case COUNT_OVER_TIME -> size();
                case LAST_OVER_TIME -> values[tail - 1];
                case TS_OF_LAST_OVER_TIME -> timesMicros[tail - 1] / 1e6;
                case IDELTA -> values[tail - 1] - values[tail - 2];
                case IRATE -> {
                    double last = values[tail - 1];
                    double before = values[tail - 2];
                    double seconds = (timesMicros[tail - 1] - timesMicros[tail - 2]) / 1e6;
                    yield (last < before ? last : last - before) / seconds;
                }
                default -> throw new IllegalStateException(function.title());
            };
        }
    }

    /** A quantile, interpolated between the two nearest samples; sorts each window, so it costs more than the others. */
    static final class QuantileWindow extends Window {
        private final double[] quantiles;

        QuantileWindow(QueryBudget budget, double[] quantiles) {
            super(budget);
            this.quantiles = quantiles;
        }

        @Override
        double value(long startMicros, long endMicros, int step) {
            double quantile = quantiles[step];
            if (Double.isNaN(quantile)) {
                return Double.NaN;
            }
            if (quantile < 0 || quantile > 1) {
                return quantile < 0 ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
            }
            checkTime();
            double[] sorted = Arrays.copyOfRange(values, head, tail);
            Arrays.sort(sorted);
            double rank = quantile * (sorted.length - 1);
            int below = (int) Math.floor(rank);
            int above = Math.min(below + 1, sorted.length - 1);
            double weight = rank - Math.floor(rank);
            return sorted[below] * (1 - weight) + sorted[above] * weight;
        }
    }
}
