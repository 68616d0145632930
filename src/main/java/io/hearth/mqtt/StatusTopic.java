package io.hearth.mqtt;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The topics on which devices say whether they are there: {@code devices/{deviceId}/status}. */
public final class StatusTopic {
    /** Matches every topic of status. */
    public static final String FILTER = "devices/+/status";

    private static final String PREFIX = "devices/";
    private static final String SUFFIX = "/status";

    private StatusTopic() {}

    /** The device id that a topic of status names, valid or not; null if it is another kind of topic. */
    public static @Nullable String deviceOf(String topic) {
        int end = topic.length() - SUFFIX.length();
        if (end < PREFIX.length() || !topic.startsWith(PREFIX) || !topic.endsWith(SUFFIX)) {
            return null;
        }
        int slash = topic.indexOf('/', PREFIX.length());
        return slash == end ? topic.substring(PREFIX.length(), end) : null;
    }

    /** Whether a payload says {@code online}; null if it says neither that nor {@code offline}. Letter case is not minded. */
    public static @Nullable Boolean isOnline(byte[] payload) {
        String text = new String(payload, StandardCharsets.ISO_8859_1);
        if (text.equalsIgnoreCase("online")) {
            return true;
        }
        return text.equalsIgnoreCase("offline") ? false : null;
    }
}
