package io.hearth.promql;

/** Count, mean, and sum of squared differences from the mean. */
final class Spread {
    private double count;
    private double mean;
    private double squares;

    void clear() {
        count = 0;
        mean = 0;
        squares = 0;
    }

    void add(double value) {
        add(1, value, 0);
    }

    /** Adds the moments of other values (Chan, Golub, LeVeque 1979). */
    void add(double itsCount, double itsMean, double itsSquares) {
        if (itsCount == 0) {
            return;
        }
        double all = count + itsCount;
        double difference = itsMean - mean;
        mean += difference * (itsCount / all);
        squares += itsSquares + difference * difference * (count * itsCount / all);
        count = all;
    }

    double count() {
        return count;
    }

    double mean() {
        return mean;
    }

    double squares() {
        return squares;
    }
}
