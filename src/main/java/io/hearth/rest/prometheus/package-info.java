/**
 * Prometheus' HTTP API for readers (prometheus.io/docs/prometheus/latest/querying/api) under {@code /prometheus}, so that
 * Grafana's built-in data source shows device metrics. Parameters, answers and errors have Prometheus' shapes, not ours.
 */
@NullMarked
package io.hearth.rest.prometheus;

import org.jspecify.annotations.NullMarked;
