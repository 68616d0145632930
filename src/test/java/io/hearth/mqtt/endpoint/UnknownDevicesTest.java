package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class UnknownDevicesTest {
    private final Set<DeviceId> known = new HashSet<>();
    private final AtomicLong nanos = new AtomicLong();
    private final UnknownDevices devices = new UnknownDevices(known::contains, 2, nanos::get);

    @Test
    void admits_moreUnknownDevicesThanTheLimit_onlyKnownOnes() {
        assertThat(devices.admits(device("a"), true)).isTrue();
        assertThat(devices.admits(device("b"), true)).isTrue();
        assertThat(devices.admits(device("b"), true)).isTrue();
        assertThat(devices.admits(device("c"), true)).isFalse();
        assertThat(devices.admits(device("c"), false)).isFalse();
        known.add(device("k"));
        assertThat(devices.admits(device("k"), true)).isTrue();
    }

    @Test
    void admits_afterOneIsOffline_anotherOne() {
        devices.admits(device("a"), true);
        devices.admits(device("b"), true);
        assertThat(devices.admits(device("a"), false)).isTrue();
        assertThat(devices.admits(device("c"), true)).isTrue();
        assertThat(devices.admits(device("d"), true)).isFalse();
    }

    @Test
    void admits_afterOneHasStoredAReading_anotherOneWithinASecond() {
        devices.admits(device("a"), true);
        devices.admits(device("b"), true);
        assertThat(devices.admits(device("c"), true)).isFalse();
        known.add(device("a"));
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(devices.admits(device("c"), true)).isTrue();
    }

    private static DeviceId device(String id) {
        return new DeviceId(id);
    }
}
