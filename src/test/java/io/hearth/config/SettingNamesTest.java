package io.hearth.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingNamesTest {
    @Test
    void mappings_everyInterfaceOfThisPackage_isListed() throws Exception {
        Path room = Path.of(HearthConfig.class.getResource("HearthConfig.class").toURI())
                .getParent();
        try (Stream<Path> files = Files.list(room)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString().replace(".class", "");
                Class<?> type = Class.forName(HearthConfig.class.getPackageName() + "." + name);
                assertThat(SettingNames.MAPPINGS.contains(type))
                        .as(name)
                        .isEqualTo(type.isAnnotationPresent(ConfigMapping.class));
            }
        }
    }

    @Test
    void refuseUnknown_everySetting_isKnown() {
        for (String property : SettingNames.defaults().keySet()) {
            String variable = SettingNames.variableOf(property);
            assertThatCode(() -> SettingNames.refuseUnknown(Map.of(variable, "x")))
                    .doesNotThrowAnyException();
        }
        assertThat(SettingNames.defaults()).containsKeys("hearth.mqtt.tls.certificate-file", "hearth.retention");
    }

    @ParameterizedTest
    @CsvSource({
        "HEARTH_MQTT_PROT, HEARTH_MQTT_PORT",
        "HEARTH_RETENSION, HEARTH_RETENTION",
        "HEARTH_AUTHS, HEARTH_AUTH",
        "HEARTH_TABLE_FSYNCH, HEARTH_TABLE_FSYNC"
    })
    void refuseUnknown_misspelt_namesTheNearest(String misspelt, String meant) {
        assertThatThrownBy(() -> SettingNames.refuseUnknown(Map.of(misspelt, "x", "PATH", "/bin")))
                .isInstanceOf(StartupRefusedException.class)
                .hasMessage("%s is no setting; did you mean %s?", misspelt, meant);
    }

    @Test
    void refuseUnknown_nothingLikeIt_isRefusedWithoutAGuess() {
        assertThatThrownBy(() -> SettingNames.refuseUnknown(Map.of("HEARTH_FLUX_CAPACITOR", "on")))
                .hasMessage("HEARTH_FLUX_CAPACITOR is no setting");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HEARTH_SERVICE_HOST=10.0.0.1",
                "HEARTH_SERVICE_PORT=8080",
                "HEARTH_SERVICE_PORT_HTTP=8080",
                "HEARTH_PORT=tcp://10.0.0.1:8080",
                "HEARTH_PORT_8080_TCP=tcp://10.0.0.1:8080",
                "HEARTH_PORT_8080_TCP_ADDR=10.0.0.1",
                "HEARTH_MQTT_SERVICE_HOST=10.0.0.1",
                "HEARTH_MQTT_PORT_1883_TCP_PROTO=tcp",
                "HEARTH_MY_RELEASE_PORT=udp://10.0.0.1:53",
                "HEARTH_URL=http://127.0.0.1:8080",
                "HEARTH_RESTART=true",
                "HEARTH_JAVA_OPTS=-Xmx1g",
                "HEARTH_MEMORY=512m",
                "hearth.mqtt.prot=not an environment variable of ours"
            })
    void refuseUnknown_ofKubernetesOrAnotherProgram_passes(String assignment) {
        String[] parts = assignment.split("=", 2);
        assertThatCode(() -> SettingNames.refuseUnknown(Map.of(parts[0], parts[1])))
                .doesNotThrowAnyException();
    }

    @Test
    void port_addressOfAService_countsAsUnset() {
        assertThat(portFrom("tcp://10.43.7.9:1883")).isEqualTo(1883);
        assertThat(portFrom("udp://10.43.7.9:1883")).isEqualTo(1883);
        assertThat(portFrom("1999")).isEqualTo(1999);
    }

    private static int portFrom(String value) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .addDiscoveredInterceptors()
                .withConverter(MemorySize.class, 200, new MemorySizeConverter())
                .withSources(new EnvConfigSource(Map.of("HEARTH_MQTT_PORT", value), 300))
                .withMapping(MqttConfig.class)
                .build()
                .getConfigMapping(MqttConfig.class)
                .port();
    }
}
