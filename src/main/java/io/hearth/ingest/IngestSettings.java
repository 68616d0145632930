package io.hearth.ingest;

import java.time.Duration;

/**
 * How ingest is set.
 *
 * @param maxPayloadBytes the largest payload that is stored
 * @param clockAhead how far a device's clock may run ahead
 * @param retention how long readings are kept after their device time; zero for ever
 * @param linger how long a group waits for more before it is committed, so that what a device sends within it becomes one run;
 *     zero commits what there is
 * @param redeliveryWindow how long a reading without a time of its own is recognised when it is sent again
 */
public record IngestSettings(
        int maxPayloadBytes, Duration clockAhead, Duration retention, Duration linger, Duration redeliveryWindow) {}
