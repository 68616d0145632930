/**
 * The record on disk of what the service acknowledged, which {@code verify} later holds against what it answers. Knows
 * the shapes of readings, but neither MQTT nor REST.
 */
@NullMarked
package io.hearth.simulator.ledger;

import org.jspecify.annotations.NullMarked;
