/** Erasures: what is remembered of them, and how they are carried out. */
@NullMarked
package io.hearth.series.erase;

import org.jspecify.annotations.NullMarked;
