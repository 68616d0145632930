/** Readings in: as JSON, lines, files, line protocol; and what could not be stored. */
@NullMarked
package io.hearth.rest.intake;

import org.jspecify.annotations.NullMarked;
