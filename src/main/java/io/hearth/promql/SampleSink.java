package io.hearth.promql;

/**
 * Takes the series of a range vector, one after the other.
 *
 * @param <E> what it may fail with
 */
public interface SampleSink<E extends Exception> {
    /** One series with all its samples, of which there is at least one. */
    void samples(Labels labels, SampleList samples) throws E;
}
