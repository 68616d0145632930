/**
 * Bucket maths over readings in time: which bucket an instant falls into in any time zone, and what the readings of a
 * bucket come to. Pure: it knows neither tables nor chunks nor JSON, only blocks of readings and summaries of them.
 */
@NullMarked
package io.hearth.series.aggregate;

import org.jspecify.annotations.NullMarked;
