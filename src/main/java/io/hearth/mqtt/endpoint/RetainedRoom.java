package io.hearth.mqtt.endpoint;

import io.hearth.model.DeviceId;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What retained messages take in memory, and whether there is room for another one. Guarded by its user.
 *
 * <p>Messages on topics of devices that have stored readings may take all of it. Others, on any topic and of device ids that
 * anybody may have invented, take half of it at most, so they never keep a device from saying whether it is online.
 */
final class RetainedRoom {
    /** What a message costs beside its topic, properties and payload, about. */
    static final int OVERHEAD_BYTES = 256;

    /** A message up to this size, payload and properties, may always take the place of an earlier one. */
    static final int SMALL_BYTES = 256;

    private static final String DEVICES = "devices/";

    private final MqttLimits.Retained limits;
    private final KnownDevices known;
    private final Map<String, Long> bytesOfDevices = new HashMap<>();
    private int messages;
    private int messagesOfOthers;
    private long bytes;
    private long bytesOfOthers;

    RetainedRoom(MqttLimits.Retained limits, KnownDevices known) {
        this.limits = limits;
        this.known = known;
    }

    /** @param ofOthers whether it is on no topic of a known device */
    record Place(Publish publish, boolean ofOthers) {
        long bytes() {
            return OVERHEAD_BYTES
                    + 2L * publish.topic().length()
                    + publish.properties().length
                    + publish.payload().length;
        }
    }

    /** Where {@code publish} would be; it takes no room yet. */
    Place placeOf(Publish publish) {
        String device = deviceOf(publish.topic());
        return new Place(publish, device == null || !DeviceId.isValid(device) || !known.has(new DeviceId(device)));
    }

    /** Whether there is room for a message in place of the earlier one of its topic. */
    boolean has(Place place, @Nullable Place before) {
        Publish publish = place.publish;
        int content = publish.payload().length + publish.properties().length;
        if (before != null && (content <= SMALL_BYTES || place.bytes() <= before.bytes())) {
            return true;
        }
        long more = place.bytes() - (before == null ? 0 : before.bytes());
        String device = deviceOf(publish.topic());
        return messages + (before == null ? 1 : 0) <= limits.messages()
                && bytes + more <= limits.bytes()
                && (device == null || bytesOfDevices.getOrDefault(device, 0L) + more <= limits.bytesOfDevice())
                && (!place.ofOthers || hasForOthers(place, before));
    }

    private boolean hasForOthers(Place place, @Nullable Place before) {
        Place replaced = before != null && before.ofOthers ? before : null;
        return messagesOfOthers + (replaced == null ? 1 : 0) <= limits.messages() / 2
                && bytesOfOthers + place.bytes() - (replaced == null ? 0 : replaced.bytes()) <= limits.bytes() / 2;
    }

    void take(Place place) {
        count(place, 1);
    }

    void free(Place place) {
        count(place, -1);
    }

    private void count(Place place, int sign) {
        long signed = sign * place.bytes();
        messages += sign;
        bytes += signed;
        if (place.ofOthers) {
            messagesOfOthers += sign;
            bytesOfOthers += signed;
        }
        String device = deviceOf(place.publish.topic());
        if (device != null) {
            bytesOfDevices.merge(device, signed, (had, more) -> had + more == 0 ? null : had + more);
        }
    }

    long bytes() {
        return bytes;
    }

    private static @Nullable String deviceOf(String topic) {
        int end = topic.startsWith(DEVICES) ? topic.indexOf('/', DEVICES.length()) : -1;
        return end < 0 ? null : topic.substring(DEVICES.length(), end);
    }
}
