/** Tests of the chunk codec. */
@NullMarked
package io.hearth.series.chunk;

import org.jspecify.annotations.NullMarked;
