package io.hearth.security;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.config.StartupRefusedException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListenersTest {
    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.8.9.10", "::1", "localhost"})
    void authOff_onLoopback_isAccepted(String host) {
        assertThatCode(() -> listeners(host, Map.of("hearth.auth", "off", "hearth.mqtt.host", host))
                        .refuseIfOpenToStrangers())
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "192.0.2.1", "no-such-host.invalid"})
    void authOff_beyondLoopback_isRefused(String host) {
        assertThatThrownBy(() -> listeners(host, Map.of("hearth.auth", "off")).refuseIfOpenToStrangers())
                .isInstanceOf(StartupRefusedException.class)
                .hasMessageContaining("QUARKUS_HTTP_HOST is " + host);
        assertThatThrownBy(() -> listeners("127.0.0.1", Map.of("hearth.auth", "off", "hearth.mqtt.host", host))
                        .refuseIfOpenToStrangers())
                .isInstanceOf(StartupRefusedException.class)
                .hasMessageContaining("HEARTH_MQTT_HOST is " + host);
    }

    @Test
    void authOff_withABrokerElsewhere_isAccepted() {
        Map<String, String> external =
                Map.of("hearth.auth", "off", "hearth.mqtt.mode", "external", "hearth.mqtt.host", "192.0.2.1");

        assertThatCode(() -> listeners("127.0.0.1", external).refuseIfOpenToStrangers())
                .doesNotThrowAnyException();
    }

    @Test
    void authOn_anywhere_isAccepted() {
        assertThatCode(() -> listeners("0.0.0.0", Map.of("hearth.mqtt.host", "0.0.0.0"))
                        .refuseIfOpenToStrangers())
                .doesNotThrowAnyException();
    }

    private static Listeners listeners(String httpHost, Map<String, String> keys) {
        Settings settings = Settings.of(keys);
        return new Listeners(settings.hearth(), settings.mqtt(), httpHost, 8080);
    }
}
