package io.hearth.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineProtocolNamesTest {
    private static final byte[] TEXT = "m,device=d1,device_id=d2,dev=x y temp=1".getBytes(UTF_8);

    private final LineProtocolNames names = new LineProtocolNames(List.of("device_id", "device"));

    @Test
    void deviceTag_ofSeveral_isItsPlaceInTheOrderOfTheSettings() {
        assertThat(names.deviceTag(TEXT, 12, 21)).as("device_id").isZero();
        assertThat(names.deviceTag(TEXT, 2, 8)).as("device").isEqualTo(1);
        assertThat(names.deviceTag(TEXT, 25, 28))
                .as("dev, the beginning of one")
                .isEqualTo(-1);
        assertThat(names.deviceTag(TEXT, 2, 9)).as("device=, longer than one").isEqualTo(-1);
    }

    @Test
    void missingDevice_namesTheTagsThatAreLookedFor() {
        assertThat(names.missingDevice()).isEqualTo("there is no tag device_id or device to name the device");
    }

    @Test
    void deviceAndMetric_slices_areWhatIsStoredOrNothing() {
        assertThat(names.device(TEXT, 22, 24)).isEqualTo(new DeviceId("d2"));
        assertThat(names.device(TEXT, 29, 32)).as("a blank is in no device id").isNull();
        assertThat(names.metric(TEXT, 33, 37)).isEqualTo("temp");
        assertThat(names.metric(TEXT, 29, 32)).isEqualTo("x%20y");
        assertThat(names.metric(new byte[129], 0, 129))
                .as("no name of a metric")
                .isNull();
    }
}
