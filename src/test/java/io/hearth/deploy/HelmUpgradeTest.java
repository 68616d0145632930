package io.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an upgrade refuses, with what the chart rendered before as the installed objects. */
class HelmUpgradeTest {
    private static final String DISTRIBUTED = "{mode: distributed, auth: {existingSecret: c}%s}";
    private static final String MOSQUITTO = """
            mqtt: {mode: external, external: {username: h, existingSecret: s, clientIdKey: k}}
            mosquitto: {enabled: true, existingSecret: u, persistence: {size: %s}}
            """;

    @TempDir
    static Path directory;

    @SuppressWarnings("NullAway.Init") // set by copy
    private Chart chart;

    @BeforeEach
    void copy() throws IOException {
        chart = Chart.copyTo(Files.createTempDirectory(directory, "chart"));
    }

    @Test
    void upgrade_ofTheSameSize_isRendered() throws IOException {
        chart.install(chart.render("{persistence: {size: 1Gi}}"));

        assertThat(chart.render("{persistence: {size: 1024Mi}, retention: 60d}"))
                .isNotEmpty();
    }

    @Test
    void upgrade_growingAVolume_saysHow() throws IOException {
        chart.install(chart.render("{}"));

        assertThatThrownBy(() -> chart.render("{persistence: {size: 40Gi}}"))
                .hasMessageContaining("persistence.size is 20Gi in the cluster")
                .hasMessageContaining("data-home-hearth-0")
                .hasMessageContaining("kubectl delete statefulset home-hearth --cascade=orphan");
    }

    @Test
    void upgrade_growingTheVolumeOfMosquitto_saysHow() throws IOException {
        chart.install(chart.render(MOSQUITTO.formatted("5Gi")));

        assertThatThrownBy(() -> chart.render(MOSQUITTO.formatted("6Gi")))
                .hasMessageContaining("mosquitto.persistence.size is 5Gi in the cluster")
                .hasMessageContaining("data-home-hearth-mosquitto-0");
    }

    @Test
    void upgrade_toDistributed_isRefusedUnlessTheReadingsMayStayBehind() throws IOException {
        chart.install(chart.render("{}"));

        assertThatThrownBy(() -> chart.render(DISTRIBUTED.formatted("")))
                .hasMessageContaining("mode: home-hearth has its readings in another table (rocksdb)");
        assertThat(chart.render(DISTRIBUTED.formatted(", persistence: {leaveBehind: true}")))
                .isNotEmpty();
    }

    @Test
    void upgrade_toEmbedded_isRefused() throws IOException {
        chart.install(chart.render(DISTRIBUTED.formatted("")));

        assertThatThrownBy(() -> chart.render("{}")).hasMessageContaining("another table (dynamodb)");
    }
}
