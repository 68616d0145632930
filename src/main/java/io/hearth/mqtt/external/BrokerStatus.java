package io.hearth.mqtt.external;

import org.jspecify.annotations.Nullable;

/**
 * How one connection to the broker is.
 *
 * @param connected whether it is connected and subscribed, so that telemetry arrives
 * @param problem why it is not, in a sentence; null while it is, and before the first attempt ended
 */
public record BrokerStatus(
        String clientId, boolean connected, @Nullable String problem) {}
