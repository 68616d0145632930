/** Readings out: ranges, aggregates, latest values, and the list of devices. */
@NullMarked
package io.hearth.rest.readings;

import org.jspecify.annotations.NullMarked;
