/** What the windows of days are stored as, and how items of a window are replaced. Sealing, erasure and replication share it. */
@NullMarked
package io.hearth.series.window;

import org.jspecify.annotations.NullMarked;
