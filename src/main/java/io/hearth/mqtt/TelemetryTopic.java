package io.hearth.mqtt;

import org.jspecify.annotations.Nullable;

/**
 * The topics of telemetry: {@code devices/{deviceId}/telemetry}, and {@code devices/{deviceId}/telemetry/{metric}} for single
 * values.
 */
public final class TelemetryTopic {
    /** Matches every topic of telemetry but those of single values, which the service takes from its own endpoint only. */
    public static final String FILTER = "devices/+/telemetry";

    private static final String PREFIX = "devices/";
    private static final String SUFFIX = "/telemetry";

    private TelemetryTopic() {}

    /** The device id that a topic of telemetry names, valid or not; null if it is another kind of topic. */
    public static @Nullable String deviceOf(String topic) {
        if (!topic.startsWith(PREFIX)) {
            return null;
        }
        int slash = topic.indexOf('/', PREFIX.length());
        if (slash < 0 || !topic.startsWith(SUFFIX, slash)) {
            return null;
        }
        int end = slash + SUFFIX.length();
        return end == topic.length() || topic.charAt(end) == '/' ? topic.substring(PREFIX.length(), slash) : null;
    }
}
