package io.hearth.simulator.verify;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to ask the service.
 *
 * @param baseUrl scheme, host and port; {@code /api/v1/...} is appended
 * @param token bearer token, or null to ask without one
 * @param pageReadings readings to ask for in one answer
 * @param parallel devices to check at the same time
 * @param timeout for one answer
 * @param readyWait how long to wait for the service to become ready, and to retry while it fails
 */
public record VerifySettings(
        URI baseUrl, @Nullable String token, int pageReadings, int parallel, Duration timeout, Duration readyWait) {

    @Override
    public String toString() {
        return "VerifySettings[" + baseUrl + "]";
    }
}
