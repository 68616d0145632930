/** The turning of runs into chunks. */
@NullMarked
package io.hearth.series.seal;

import org.jspecify.annotations.NullMarked;
