/** Readings on their way out of the table: scans, latest values, aggregates from rollups. */
@NullMarked
package io.hearth.series.read;

import org.jspecify.annotations.NullMarked;
