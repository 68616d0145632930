package io.hearth.promql;

/**
 * Takes the series of a vector, one after the other.
 *
 * @param <E> what it may fail with, as those that write to a client do
 */
public interface SeriesSink<E extends Exception> {
    /**
     * One series with at least one value.
     *
     * @param values to be read, or changed, until this returns, and not kept
     */
    void series(Labels labels, StepValues values) throws E;
}
