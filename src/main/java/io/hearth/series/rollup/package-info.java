/** Aggregates of sealed days that outlive their readings, and the rules for them. */
@NullMarked
package io.hearth.series.rollup;

import org.jspecify.annotations.NullMarked;
