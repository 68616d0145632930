/**
 * The simulated devices: which device is of which type, what it measures and when. Pure functions of a seed; knows
 * nothing of MQTT, files or clocks.
 */
@NullMarked
package io.hearth.simulator.fleet;

import org.jspecify.annotations.NullMarked;
