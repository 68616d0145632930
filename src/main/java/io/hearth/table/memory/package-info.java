/**
 * The table in the memory of the process: nothing is kept across restarts. It is the oracle that tests compare the other
 * engines with, so it prefers being obviously right to being fast.
 */
@NullMarked
package io.hearth.table.memory;

import org.jspecify.annotations.NullMarked;
