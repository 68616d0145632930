/**
 * Sends a {@link io.hearth.simulator.publish.Workload} to an MQTT endpoint and records what was acknowledged. Two clients
 * behind {@link io.hearth.simulator.publish.Publisher}: Eclipse Paho, as real devices use, and a lean one of our own for
 * measuring. The latter also plays whole scenarios, with {@link io.hearth.simulator.publish.ScenarioPublisher}.
 */
@NullMarked
package io.hearth.simulator.publish;

import org.jspecify.annotations.NullMarked;
