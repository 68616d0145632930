package io.hearth.promql;

/** Takes the series of a vector and makes fewer of them. */
interface Aggregation extends SeriesSink<RuntimeException> {
    /** Hands out the outcome, when all series have come. */
    <E extends Exception> void emit(SeriesSink<E> sink) throws E;
}
