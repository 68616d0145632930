package io.hearth.fault;

import java.util.Arrays;

/** The slope of measured points that some of them, far off, do not change: the median of the slopes between each two. */
final class TheilSen {
    private TheilSen() {}

    /** @param x ascending, at least two */
    static double slope(double[] x, double[] y) {
        double[] slopes = new double[x.length * (x.length - 1) / 2];
        int count = 0;
        for (int i = 0; i < x.length; i++) {
            for (int j = i + 1; j < x.length; j++) {
                slopes[count++] = (y[j] - y[i]) / (x[j] - x[i]);
            }
        }
        Arrays.sort(slopes);
        return (slopes[(count - 1) / 2] + slopes[count / 2]) / 2;
    }
}
