package io.hearth.mqtt.external;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.config.StartupRefusedException;
import java.util.Map;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.junit.jupiter.api.Test;

class BrokerOptionsTest {
    @Test
    void connectOptions_byDefault_keepTheSessionForAWeek() {
        MqttConnectionOptions options = options(Map.of()).connectOptions();

        assertThat(options.isCleanStart()).isFalse();
        assertThat(options.getSessionExpiryInterval()).isEqualTo(7 * 24 * 3600L);
        assertThat(options.getReceiveMaximum()).isEqualTo(16_384);
        assertThat(options.isAutomaticReconnect()).isFalse();
    }

    @Test
    void connectOptions_severalConnections_shareTheRoom() {
        BrokerOptions options = options(Map.of("external.share-group", "g", "external.connections", "4"));

        assertThat(options.connectOptions().getReceiveMaximum()).isEqualTo(4_096);
        assertThat(options.filter()).isEqualTo("$share/g/devices/+/telemetry");
        assertThat(options.clientId(4)).isEqualTo("hearth-4");
    }

    @Test
    void options_severalConnectionsWithoutGroup_areRefused() {
        assertThatThrownBy(() -> options(Map.of("external.connections", "2")))
                .isInstanceOf(StartupRefusedException.class)
                .hasMessageContaining("HEARTH_MQTT_EXTERNAL_SHARE_GROUP");
        assertThatThrownBy(() -> options(Map.of("external.connections", "0")))
                .isInstanceOf(StartupRefusedException.class)
                .hasMessageContaining("at least 1");
    }

    @Test
    void options_groupThatIsNoTopicLevel_areRefused() {
        assertThatThrownBy(() -> options(Map.of("external.share-group", "a/b")))
                .isInstanceOf(StartupRefusedException.class)
                .hasMessageContaining("HEARTH_MQTT_EXTERNAL_SHARE_GROUP");
    }

    @Test
    void uri_ipv6_isBracketed() {
        assertThat(options(Map.of("host", "::1", "port", "1884")).uri()).isEqualTo("tcp://[::1]:1884");
    }

    @Test
    void explain_refusal_namesTheUserAndNotThePassword() {
        BrokerOptions options = options(Map.of("username", "hub", "password", "s3cret"));

        assertThat(options.explain(new MqttException(0x87)))
                .contains("refused the user hub")
                .doesNotContain("s3cret");
    }

    private static BrokerOptions options(Map<String, String> settings) {
        return new BrokerOptions(Service.config(1883, settings), null);
    }
}
