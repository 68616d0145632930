/**
 * MQTT without a server or a client: topics, and the channel {@code telemetry} on which both connectors hand over what
 * devices publish. {@code mqtt.endpoint} is the server, {@code mqtt.external} the client of a broker.
 */
@NullMarked
package io.hearth.mqtt;

import org.jspecify.annotations.NullMarked;
