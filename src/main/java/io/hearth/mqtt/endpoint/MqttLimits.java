package io.hearth.mqtt.endpoint;

import io.hearth.config.LimitsConfig;

/**
 * What clients of the endpoint may hold, beyond their connections.
 *
 * @param filtersOfPacket topic filters that one SUBSCRIBE may ask for
 * @param filtersOfSession topic filters that a client may be subscribed to
 * @param filterBytesOfSession memory of these, by {@link Topics#filterBytes}
 * @param filterBytes memory of the filters of all clients, as {@link TopicTree#bytes} counts it
 * @param willBytesOfSession topic, payload and properties of a client's last will
 * @param willBytes of the wills of all clients; small ones have room beyond it
 * @param unknownDevices devices that have never stored a reading and whose status topic says that they are online
 * @param queueBytesOfSession memory of what waits for a subscriber
 * @param queueBytes memory of what waits for all of them, as {@link QueueBudget} counts it
 */
public record MqttLimits(
        int filtersOfPacket,
        int filtersOfSession,
        long filterBytesOfSession,
        long filterBytes,
        long willBytesOfSession,
        long willBytes,
        int unknownDevices,
        long queueBytesOfSession,
        long queueBytes,
        Retained retained) {
    /**
     * What may be retained.
     *
     * @param messages on all topics
     * @param bytes in memory, of all topics
     * @param bytesOfDevice in memory, of the topics of one device
     */
    public record Retained(int messages, long bytes, long bytesOfDevice) {}

    public static MqttLimits of(LimitsConfig config) {
        return new MqttLimits(
                config.subscribeFilters(),
                config.sessionFilters(),
                config.sessionFilterBytes().asLongValue(),
                config.filterBytes().asLongValue(),
                config.sessionWillBytes().asLongValue(),
                config.willBytes().asLongValue(),
                config.unknownDevices(),
                config.sessionQueueBytes().asLongValue(),
                config.queueBytes().asLongValue(),
                new Retained(
                        config.retainedMessages(),
                        config.retainedBytes().asLongValue(),
                        config.deviceRetainedBytes().asLongValue()));
    }
}
