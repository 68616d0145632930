/**
 * The part of Prometheus' query language that panels over device metrics need: text to expression, and expression over a
 * {@link io.hearth.promql.SeriesSource} to series of values at the steps of a grid. Follows Prometheus 3 to the letter in
 * what it has (prometheus.io/docs/prometheus/latest/querying) and names what it has not. Knows neither HTTP nor storage.
 */
@NullMarked
package io.hearth.promql;

import org.jspecify.annotations.NullMarked;
