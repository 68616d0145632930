/** Readings on their way into the table, and whether a message is stored already. */
@NullMarked
package io.hearth.series.write;

import org.jspecify.annotations.NullMarked;
