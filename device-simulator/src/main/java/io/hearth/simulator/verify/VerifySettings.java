package io.hearth.simulator.verify;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How to ask the service.
 *
 * @param baseUrl scheme, host and port; {@code /api/v1/...} is appended
 * @param token bearer token, or null to ask without one
 * @param pageReadings readings to ask for in one answer
 * @param parallel devices to check at the same time
 * @param timeout for one answer
 * @param until what was acknowledged by then must be there, and what was sent later must not; null for no such instant
 * @param lateWait how long to ask again for what is missing, over all devices together; zero not to
 * @param allowed findings that are let pass, by class
 * @param incompleteAllowed whether a ledger may be incomplete, and is then taken for all that was acknowledged
 * @param minAcknowledged how many acknowledged readings the ledger must have at least, as fewer prove nothing
 * @param readyWait how long to wait for the service to become ready, and to retry while it fails
 */
public record VerifySettings(
        URI baseUrl,
        @Nullable String token,
        int pageReadings,
        int parallel,
        Duration timeout,
        Duration readyWait,
        @Nullable Instant until,
        Duration lateWait,
        Map<FindingClass, Long> allowed,
        boolean incompleteAllowed,
        long minAcknowledged) {

    public VerifySettings {
        allowed = Map.copyOf(allowed);
    }

    @Override
    public String toString() {
        return "VerifySettings[" + baseUrl + "]";
    }
}
