/** The clock of write stamps: hybrid times that never go back, over restarts and between processes. */
@NullMarked
package io.hearth.series.clock;

import org.jspecify.annotations.NullMarked;
