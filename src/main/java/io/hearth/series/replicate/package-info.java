/** What comes from other regions. */
@NullMarked
package io.hearth.series.replicate;

import org.jspecify.annotations.NullMarked;
