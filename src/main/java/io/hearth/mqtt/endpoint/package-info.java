/**
 * The MQTT server inside the process: connections, routing, retained messages, wills. It hands telemetry to the channel of
 * {@code io.hearth.mqtt} and answers a publish when it is durable; it must not know how readings are decoded or stored.
 * RATIONALE.md beside this file says why it stands on Vert.x's {@code NetServer} and Netty's codec.
 */
@NullMarked
package io.hearth.mqtt.endpoint;

import org.jspecify.annotations.NullMarked;
