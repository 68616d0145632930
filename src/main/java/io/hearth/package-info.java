/** Hearth: a telemetry time-series service for smart homes. Each package below is a room with one purpose. */
@NullMarked
package io.hearth;

import org.jspecify.annotations.NullMarked;
