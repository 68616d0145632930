package io.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An upgrade and its {@code helm rollback} replace objects by others of the same names; Kubernetes refuses that if a field
 * differs that it keeps as it is. So what it keeps must be the same in both releases, and then both ways are open.
 */
class HelmRollbackTest {
    /**
     * What may change of a StatefulSet; everything else of its spec may not.
     *
     * @see <a href="https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/">Kubernetes</a>
     */
    private static final Set<String> MAY_CHANGE_OF_STATEFUL_SET = Set.of(
            "replicas",
            "ordinals",
            "template",
            "updateStrategy",
            "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds");

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path directory;

    @SuppressWarnings("NullAway.Init") // set by copy
    private Chart chart;

    @BeforeEach
    void copy() throws IOException {
        chart = Chart.copyTo(Files.createTempDirectory(directory, "chart"));
    }

    static List<Path> examples() {
        return Chart.examples();
    }

    /** By kind and name, what Kubernetes keeps of each object. */
    static Map<String, JsonNode> kept(List<KubernetesObject> objects) {
        Map<String, JsonNode> kept = new TreeMap<>();
        for (KubernetesObject object : objects) {
            Map<String, Object> fields = new HashMap<>();
            switch (object.kind()) {
                case "StatefulSet" -> {
                    fields.putAll(object.map("spec"));
                    fields.keySet().removeAll(MAY_CHANGE_OF_STATEFUL_SET);
                }
                case "Deployment" -> fields.put("selector", object.at("spec.selector"));
                case "Service" -> fields.put("clusterIP", object.at("spec.clusterIP"));
                case "Secret" -> fields.put("type", object.at("type"));
                default -> {}
            }
            if (object.at("immutable") != null) {
                fields.putAll(object.tree());
            }
            kept.put(object.toString(), JSON.valueToTree(fields));
        }
        return kept;
    }

    private static void assertBothWaysAreOpen(Map<String, JsonNode> one, Map<String, JsonNode> other) {
        one.forEach((object, kept) -> {
            if (other.containsKey(object)) {
                assertThat(other.get(object)).as(object).isEqualTo(kept);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("examples")
    void otherVersionOfTheChart_bothWaysAreOpen(Path example) throws IOException {
        Map<String, JsonNode> thisVersion = kept(chart.render(example));
        Path other = Files.createTempDirectory(directory, "chart");
        Chart next = Chart.copyTo(other);
        Path description = other.resolve("hearth").resolve("Chart.yaml");
        Files.writeString(
                description,
                Files.readString(description).replaceAll("(?m)^(version|appVersion): .*$", "$1: \"9.9.9\""));
        Map<String, JsonNode> nextVersion = kept(next.render(example));

        assertThat(nextVersion.keySet()).isEqualTo(thisVersion.keySet());
        assertBothWaysAreOpen(thisVersion, nextVersion);
    }

    /** What the chart of commit 7d8f4be made of its examples is kept as a file. */
    @ParameterizedTest
    @MethodSource("examples")
    void earlierChart_bothWaysAreOpen(Path example) throws IOException {
        JsonNode earlier;
        try (var file =
                Objects.requireNonNull(HelmRollbackTest.class.getResourceAsStream("/kept/chart-7d8f4be.json"))) {
            earlier = JSON.readTree(file).path(example.getFileName().toString());
        }
        assertThat(earlier).isNotEmpty();
        Map<String, JsonNode> before = new TreeMap<>();
        earlier.properties().forEach(object -> before.put(object.getKey(), object.getValue()));

        assertBothWaysAreOpen(before, kept(chart.render(example)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{image: {tag: other}, retention: 60d, region: local}",
                "{resources: {requests: {memory: 3Gi}, limits: {memory: 3Gi}}, jvm: {heapPercent: 40}}",
                "{auth: {adminToken: a-token-of-the-admin, devicePassword: a-password-of-devices}}",
                "{mqttService: {type: LoadBalancer}, service: {type: NodePort}}",
                "{http: {port: 8443, tls: {enabled: true, secretName: t}}, mqtt: {port: 8883, tls: {enabled: true, secretName: t}}}",
                "{mqtt: {mode: external, external: {host: broker}}}",
                "{podLabels: {team: iot}, podAnnotations: {a: b}, drain: {preStopSeconds: 9}, tmpSize: 512Mi}",
                "{sync: {peers: [{id: b, url: 'http://b', tokenSecret: t}]}, networkPolicy: {enabled: false}}",
                "{settings: {HEARTH_TABLE_BLOCK_CACHE: 512M}, serviceAccount: {create: false, name: other}}"
            })
    void otherValues_bothWaysAreOpen(String values) throws IOException {
        assertBothWaysAreOpen(kept(chart.render("{}")), kept(chart.render(values)));
    }

    /** These are the ways that are closed, and the page says so. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{persistence: {size: 40Gi}}",
                "{persistence: {storageClass: fast}}",
                "{persistence: {accessModes: [ReadWriteOncePod]}}",
                "{persistence: {annotations: {a: b}}}",
                "{persistence: {existingClaim: other}}"
            })
    void otherVolume_isRefusedByKubernetes_asThePageSays(String values) throws IOException {
        String stateful = "StatefulSet home-hearth";
        assertThat(kept(chart.render(values)).get(stateful))
                .isNotEqualTo(kept(chart.render("{}")).get(stateful));
        String setting = values.replaceAll("\\{persistence: \\{(\\w+):.*", "$1");
        String page = Files.readString(Path.of("docs", "kubernetes.md"));
        assertThat(page.substring(page.indexOf("## Rolling back"))).contains("`persistence." + setting + "`");
    }

    @Test
    void kept_ofAStatefulSet_hasWhatNamesItsVolumesAndPods() throws IOException {
        assertThat(kept(chart.render("{}")).get("StatefulSet home-hearth").fieldNames())
                .toIterable()
                .contains("volumeClaimTemplates", "selector", "serviceName", "podManagementPolicy");
    }
}
