package io.hearth.promql;

/** Makes the window of each function of samples. */
final class WindowFactory {
    private WindowFactory() {}

    /** A window of the samples of one series at a time. */
    static Window of(WindowFunction function, long rangeMicros, double[] parameters, QueryBudget budget) {
        return switch (function) {
            case AVG_OVER_TIME, SUM_OVER_TIME -> new Window.SumWindow(budget, function == WindowFunction.AVG_OVER_TIME);
            case MIN_OVER_TIME, MAX_OVER_TIME ->
                new Window.ExtremeWindow(budget, function == WindowFunction.MAX_OVER_TIME);
            case STDDEV_OVER_TIME, STDVAR_OVER_TIME ->
                new Window.SpreadWindow(budget, function == WindowFunction.STDDEV_OVER_TIME);
            case RATE -> new ChangeWindow(budget, true, rangeMicros / 1e6);
            case INCREASE -> new ChangeWindow(budget, true, 1);
            case DELTA -> new ChangeWindow(budget, false, 1);
            case COUNT_OVER_TIME, LAST_OVER_TIME, TS_OF_LAST_OVER_TIME, IRATE, IDELTA ->
                new Window.EdgeWindow(budget, function);
            case QUANTILE_OVER_TIME -> new Window.QuantileWindow(budget, parameters);
        };
    }
}
