/**
 * The client of an external MQTT broker, on Eclipse Paho: the other way into the channel of {@code io.hearth.mqtt}. It
 * acknowledges to the broker what is durable, over a session that the broker keeps while the service is away; it must not
 * know how readings are decoded or stored. RATIONALE.md beside this file says what was found out about Paho and Mosquitto.
 */
@NullMarked
package io.hearth.mqtt.external;

import org.jspecify.annotations.NullMarked;
