/** What the change feed of the table says: its items as records, for all who follow it. */
@NullMarked
package io.hearth.changes;

import org.jspecify.annotations.NullMarked;
