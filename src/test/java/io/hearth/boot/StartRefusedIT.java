package io.hearth.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.HearthCommand;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Starts the packaged service with settings that it must refuse, as an operator would meet them. */
class StartRefusedIT {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HEARTH_AUTH | enabled | HEARTH_AUTH=enabled: it must be on or off",
                "HEARTH_TABLE_FSYNC | yess | HEARTH_TABLE_FSYNC=yess: it must be on or off",
                "HEARTH_RETENTION | -5d | HEARTH_RETENTION must be 0, or from 1s to 36500d",
                "HEARTH_REGION | a=b | HEARTH_REGION must be 1 to 32 of a-z A-Z 0-9 _ -",
                "HEARTH_MQTT_MODE | foo | HEARTH_MQTT_MODE=foo: it must be one of embedded, external",
                "HEARTH_MQTT_PROT | 1884 | HEARTH_MQTT_PROT is no setting; did you mean HEARTH_MQTT_PORT?",
                "HEARTH_SYNC_PEERS | nowhere | HEARTH_SYNC_PEERS",
                "QUARKUS_HTTP_PORT | 99999 | QUARKUS_HTTP_PORT must be from 0 to 65535",
                "QUARKUS_HTTP_PORT | abc | QUARKUS_HTTP_PORT=abc: Expected an integer value, got \"abc\""
            })
    void start_wrongSetting_isRefusedInOneLineThatNamesIt(String variable, String value, String reason)
            throws Exception {
        HearthCommand start = start(Map.of(variable, value));
        assertThat(start.exitCode()).isEqualTo(1);
        assertThat(refusals(start)).singleElement().asString().startsWith("Hearth cannot start: " + reason);
        assertThat(start.output()).doesNotContain("\tat ").doesNotContain("Exception");
    }

    @ParameterizedTest
    @ValueSource(strings = {"QUARKUS_HTTP_PORT", "HEARTH_MQTT_PORT"})
    void start_portTaken_namesTheSetting(String setting) throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            HearthCommand start = start(Map.of(setting, String.valueOf(taken.getLocalPort())));
            assertThat(start.exitCode()).isEqualTo(1);
            assertThat(refusals(start))
                    .singleElement()
                    .asString()
                    .contains("127.0.0.1:" + taken.getLocalPort(), setting);
            assertThat(start.output()).doesNotContain("\tat ");
        }
    }

    @Test
    void version_option_printsTheVersion() throws Exception {
        HearthCommand version = HearthCommand.run("--version");
        assertThat(version.exitCode()).isZero();
        assertThat(version.output()).matches("hearth \\d+\\.\\d+\\.\\d+\\S*\\R");
    }

    @Test
    void backup_tokenFileMissing_namesTheFile() throws Exception {
        HearthCommand backup =
                HearthCommand.run("backup", "--url", "http://127.0.0.1:1", "--token-file", "no-such-file");
        assertThat(backup.exitCode()).isEqualTo(1);
        assertThat(backup.output())
                .contains("cannot read the token file no-such-file")
                .doesNotContain("does not answer");
    }

    private HearthCommand start(Map<String, String> settings) throws Exception {
        Map<String, String> environment = new HashMap<>(Map.of(
                "HEARTH_DATA_DIR", directory.resolve("data").toString(),
                "QUARKUS_HTTP_PORT", "0",
                "HEARTH_MQTT_PORT", "0"));
        environment.putAll(settings);
        return HearthCommand.run(environment, List.of());
    }

    private static List<String> refusals(HearthCommand start) {
        return start.output()
                .lines()
                .filter(line -> line.contains("cannot start"))
                .toList();
    }
}
