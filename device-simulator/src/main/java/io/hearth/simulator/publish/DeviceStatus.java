package io.hearth.simulator.publish;

import java.nio.charset.StandardCharsets;

/** What a device says of its own presence: a retained message, and the will for when its connection breaks. */
final class DeviceStatus {

    static final byte[] ONLINE = "online".getBytes(StandardCharsets.US_ASCII);
    static final byte[] OFFLINE = "offline".getBytes(StandardCharsets.US_ASCII);

    private DeviceStatus() {}

    static String topic(String deviceId) {
        return "devices/" + deviceId + "/status";
    }

    static byte[] topicBytes(String deviceId) {
        return topic(deviceId).getBytes(StandardCharsets.US_ASCII);
    }
}
