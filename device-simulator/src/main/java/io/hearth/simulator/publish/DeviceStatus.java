package io.hearth.simulator.publish;

import java.nio.charset.StandardCharsets;

/** What a device says of its own presence: a retained message, and the will for when its connection breaks. */
public final class DeviceStatus {

    public static final byte[] ONLINE = "online".getBytes(StandardCharsets.US_ASCII);
    public static final byte[] OFFLINE = "offline".getBytes(StandardCharsets.US_ASCII);

    private DeviceStatus() {}

    public static String topic(String deviceId) {
        return "devices/" + deviceId + "/status";
    }

    public static byte[] topicBytes(String deviceId) {
        return topic(deviceId).getBytes(StandardCharsets.US_ASCII);
    }
}
