package io.hearth.mqtt.endpoint;

import io.hearth.identity.Principal;
import io.hearth.limits.SignInDelay;
import io.hearth.mqtt.InFlight;
import io.hearth.mqtt.ShadowMessages;
import io.hearth.mqtt.TelemetryStream;
import java.time.InstantSource;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * What all connections of an endpoint share.
 *
 * @param authenticator who has a user name and a password, either of which may be missing
 * @param maxPayloadBytes longer payloads are cut off when they are received
 */
record Services(
        BiFunction<@Nullable String, byte @Nullable [], Principal> authenticator,
        TelemetryStream telemetry,
        ShadowMessages shadows,
        InFlight inFlight,
        Clients clients,
        Router router,
        ConnectionEvents events,
        EndpointMetrics metrics,
        QuietLog log,
        SignInDelay delays,
        InstantSource clock,
        int maxPayloadBytes,
        MqttLimits limits,
        WillBudget wills,
        QueueBudget queues) {}
