package io.hearth.codec;

import io.hearth.model.DeviceId;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the names on lines of line protocol mean: which tag names the device, and devices and metrics as they are stored. */
final class LineProtocolNames {
    static final int NO_DEVICE_TAG = -1;

    private final byte[][] deviceTags;
    private final String missingDevice;
    private final NameCache<DeviceId> devices = NameCache.ofDevices();
    private final NameCache<String> metrics = NameCache.ofMetrics();

    /** @param deviceTags the tags that may name the device, the first one counts before the others */
    LineProtocolNames(List<String> deviceTags) {
        this.deviceTags = deviceTags.stream()
                .map(tag -> tag.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
        missingDevice = "there is no tag " + String.join(" or ", deviceTags) + " to name the device";
    }

    /** Which of the tags that name a device a slice is, the one that counts first is 0; {@link #NO_DEVICE_TAG} if none. */
    int deviceTag(byte[] text, int from, int to) {
        for (int tag = 0; tag < deviceTags.length; tag++) {
            byte[] name = deviceTags[tag];
            if (name.length == to - from && Arrays.equals(name, 0, name.length, text, from, to)) {
                return tag;
            }
        }
        return NO_DEVICE_TAG;
    }

    /** What is wrong with a line that has none of the tags. */
    String missingDevice() {
        return missingDevice;
    }

    /** The device that a slice names; null if it is no device id. */
    @Nullable
    DeviceId device(byte[] text, int from, int to) {
        return devices.get(text, from, to);
    }

    /** The metric that a slice names, as it is stored; null if it is no name of a metric. */
    @Nullable
    String metric(byte[] text, int from, int to) {
        return metrics.get(text, from, to);
    }
}
