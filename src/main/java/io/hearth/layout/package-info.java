/**
 * The names of all partitions and kinds of items of the table, in one place, so that no two rooms take the same one. What their items
 * hold, and in which format, is said where they are written. Stored names never change.
 */
@NullMarked
package io.hearth.layout;

import org.jspecify.annotations.NullMarked;
