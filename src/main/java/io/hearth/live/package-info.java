/** What changes right now, for whoever listens: the table's change feed as events, read once for all who follow it. */
@NullMarked
package io.hearth.live;

import org.jspecify.annotations.NullMarked;
