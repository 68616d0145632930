/** Readings on their way into the table: batches, where runs go, and how items of a day are replaced. */
@NullMarked
package io.hearth.series.write;

import org.jspecify.annotations.NullMarked;
