/**
 * The code of integers, the one form that all columns are brought into: differences as runs, or as tokens under rANS, whichever
 * is shorter. {@link io.hearth.series.chunk.integer.IntegerDecoder} describes the bytes.
 */
@NullMarked
package io.hearth.series.chunk.integer;

import org.jspecify.annotations.NullMarked;
