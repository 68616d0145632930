/**
 * Sends a {@link io.hearth.simulator.publish.Workload} to an MQTT endpoint and records what was acknowledged. Two clients
 * behind {@link io.hearth.simulator.publish.Publisher}: Eclipse Paho ({@code paho}), as real devices use, and a lean one of our own
 * for measuring ({@code raw}). The latter also plays whole scenarios ({@code scenario}) with their shadow traffic ({@code shadow}).
 */
@NullMarked
package io.hearth.simulator.publish;

import org.jspecify.annotations.NullMarked;
