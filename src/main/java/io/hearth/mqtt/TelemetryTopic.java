package io.hearth.mqtt;

import org.jspecify.annotations.Nullable;

/** The topics of telemetry: {@code devices/{deviceId}/telemetry}. */
public final class TelemetryTopic {
    /** Matches every topic of telemetry. */
    public static final String FILTER = "devices/+/telemetry";

    private static final String PREFIX = "devices/";
    private static final String SUFFIX = "/telemetry";

    private TelemetryTopic() {}

    /** The device id that a topic of telemetry names, valid or not; null if it is another kind of topic. */
    public static @Nullable String deviceOf(String topic) {
        int end = topic.length() - SUFFIX.length();
        if (end < PREFIX.length() || !topic.startsWith(PREFIX) || !topic.endsWith(SUFFIX)) {
            return null;
        }
        int slash = topic.indexOf('/', PREFIX.length());
        return slash == end ? topic.substring(PREFIX.length(), end) : null;
    }
}
