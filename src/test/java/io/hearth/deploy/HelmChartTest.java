package io.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import io.hearth.config.HearthConfig;
import io.hearth.config.SyncConfig;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1Ingress;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Secret;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscaler;
import io.smallrye.config.ConfigMapping;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every documented installation: rendered by a real Helm, held to Kubernetes' schemas and to what is safe. */
class HelmChartTest {
    /** Kubernetes' own description of an object: unknown fields, missing ones and wrong types are refused. */
    @FunctionalInterface
    private interface Schema {
        void validate(JsonElement object) throws IOException;
    }

    private static final Map<String, Schema> SCHEMAS = Map.ofEntries(
            Map.entry("v1/ConfigMap", V1ConfigMap::validateJsonElement),
            Map.entry("v1/Secret", V1Secret::validateJsonElement),
            Map.entry("v1/Service", V1Service::validateJsonElement),
            Map.entry("v1/ServiceAccount", V1ServiceAccount::validateJsonElement),
            Map.entry("apps/v1/StatefulSet", V1StatefulSet::validateJsonElement),
            Map.entry("apps/v1/Deployment", V1Deployment::validateJsonElement),
            Map.entry("autoscaling/v2/HorizontalPodAutoscaler", V2HorizontalPodAutoscaler::validateJsonElement),
            Map.entry("policy/v1/PodDisruptionBudget", V1PodDisruptionBudget::validateJsonElement),
            Map.entry("networking.k8s.io/v1/Ingress", V1Ingress::validateJsonElement),
            Map.entry("networking.k8s.io/v1/NetworkPolicy", V1NetworkPolicy::validateJsonElement),
            Map.entry("monitoring.coreos.com/v1/ServiceMonitor", PrometheusOperator::validateServiceMonitor),
            Map.entry("monitoring.coreos.com/v1/PrometheusRule", PrometheusOperator::validatePrometheusRule));

    @TempDir
    static Path directory;

    private static Chart chart;

    @BeforeAll
    static void copy() throws IOException {
        chart = Chart.copyTo(directory);
    }

    static List<Path> examples() {
        return Chart.examples();
    }

    @Test
    void lint_strict_findsNothing() {
        LintResult result = new Helm(Chart.DIRECTORY).lint().strict().call();

        assertThat(result.isFailed()).as("%s", result.getMessages()).isFalse();
        assertThat(result.getMessages()).noneMatch(message -> message.matches("\\[(WARNING|ERROR)].*"));
    }

    @Test
    void defaults_makeOnePodWithAVolumeOfItsOwn() throws IOException {
        KubernetesObject pods = only(chart.render("{}"), "StatefulSet");

        assertThat(pods.text("spec.replicas")).isEqualTo("1");
        assertThat(pods.list("spec.volumeClaimTemplates")).hasSize(1);
        assertThat(env(pods))
                .containsEntry("QUARKUS_HTTP_HOST", "0.0.0.0")
                .containsEntry("HEARTH_MQTT_HOST", "0.0.0.0");
        assertThat(env(pods)).doesNotContainKeys("HEARTH_AUTH", "HEARTH_ADMIN_TOKEN");
    }

    @ParameterizedTest
    @MethodSource("examples")
    void example_isDocumented(Path example) throws IOException {
        assertThat(Files.readString(example)).startsWith("# ");
        assertThat(Files.readString(Path.of("docs", "kubernetes.md")))
                .contains(example.getFileName().toString());
    }

    @ParameterizedTest
    @MethodSource("examples")
    void example_rendered_fitsKubernetesSchemas(Path example) throws IOException {
        for (KubernetesObject object : chart.render(example)) {
            String type = object.text("apiVersion") + "/" + object.kind();
            assertThat(SCHEMAS).containsKey(type);
            try {
                Objects.requireNonNull(SCHEMAS.get(type)).validate(object.json());
            } catch (RuntimeException e) {
                throw new AssertionError(object + ": " + e.getMessage(), e);
            }
        }
    }

    @Test
    void schema_unknownField_isRefused() {
        KubernetesObject object = new KubernetesObject(
                Map.of("apiVersion", "v1", "kind", "Service", "spec", Map.of("ports", List.of(Map.of("prot", 1)))));

        assertThatThrownBy(() -> V1Service.validateJsonElement(object.json())).hasMessageContaining("prot");
    }

    @ParameterizedTest
    @MethodSource("examples")
    void example_everyPod_hasNoMoreRightsThanItNeeds(Path example) {
        List<KubernetesObject> makers = chart.render(example).stream()
                .filter(KubernetesObject::makesPods)
                .toList();

        assertThat(makers).isNotEmpty();
        for (KubernetesObject maker : makers) {
            Map<String, Object> pod = maker.map("spec.template.spec");
            assertThat(pod).containsEntry("automountServiceAccountToken", false);
            assertThat(pod).doesNotContainKeys("hostNetwork", "hostPID", "hostIPC");
            assertThat(maker.at("spec.template.spec.securityContext.runAsNonRoot"))
                    .isEqualTo(true);
            assertThat((Integer) maker.at("spec.template.spec.securityContext.runAsUser"))
                    .isPositive();
            assertThat(maker.text("spec.template.spec.securityContext.seccompProfile.type"))
                    .isEqualTo("RuntimeDefault");
            assertThat(maker.list("spec.template.spec.volumes"))
                    .noneMatch(volume -> volume.tree().containsKey("hostPath"));
            for (KubernetesObject container : maker.containers()) {
                assertThat(container.map("securityContext"))
                        .as("%s", container.text("name"))
                        .containsEntry("allowPrivilegeEscalation", false)
                        .containsEntry("privileged", false)
                        .containsEntry("readOnlyRootFilesystem", true)
                        .containsEntry("capabilities", Map.of("drop", List.of("ALL")))
                        .doesNotContainKeys("runAsUser", "runAsNonRoot");
                assertThat(container.map("resources.limits")).containsKeys("cpu", "memory");
                assertThat(container.map("resources.requests")).containsKeys("cpu", "memory");
            }
            for (KubernetesObject container : maker.list("spec.template.spec.containers")) {
                assertThat(container.tree()).containsKeys("startupProbe", "livenessProbe", "readinessProbe");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void example_whatObjectsNameOfEachOther_isThere(Path example) {
        List<KubernetesObject> objects = chart.render(example);
        for (KubernetesObject maker :
                objects.stream().filter(KubernetesObject::makesPods).toList()) {
            assertThat(maker.map("spec.template.metadata.labels"))
                    .containsAllEntriesOf(maker.map("spec.selector.matchLabels"));
            List<String> mounted = maker.containers().stream()
                    .flatMap(container -> container.list("volumeMounts").stream())
                    .map(mount -> mount.text("name"))
                    .distinct()
                    .toList();
            assertThat(Stream.concat(
                            maker.list("spec.template.spec.volumes").stream().map(volume -> volume.text("name")),
                            maker.list("spec.volumeClaimTemplates").stream().map(KubernetesObject::name)))
                    .containsExactlyInAnyOrderElementsOf(mounted);
        }
        for (KubernetesObject service : all(objects, "Service")) {
            assertPodHas(objects, service.map("spec.selector"), service.list("spec.ports"), "targetPort");
        }
        for (KubernetesObject policy : all(objects, "NetworkPolicy")) {
            for (KubernetesObject rule : policy.list("spec.ingress")) {
                assertPodHas(objects, policy.map("spec.podSelector.matchLabels"), rule.list("ports"), "port");
            }
        }
        for (KubernetesObject monitor : all(objects, "ServiceMonitor")) {
            List<KubernetesObject> selected = all(objects, "Service").stream()
                    .filter(service -> service.map("metadata.labels")
                            .entrySet()
                            .containsAll(
                                    monitor.map("spec.selector.matchLabels").entrySet()))
                    .toList();
            assertThat(selected).as("services that %s scrapes", monitor).hasSize(1);
            assertThat(selected.get(0).list("spec.ports").get(0).text("name"))
                    .isEqualTo(monitor.list("spec.endpoints").get(0).text("port"));
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void example_environment_namesOnlySettingsThatThereAre(Path example) throws Exception {
        Set<String> known = settings();
        for (KubernetesObject maker : chart.render(example)) {
            for (KubernetesObject container : maker.containers()) {
                assertThat(container.list("env").stream().map(variable -> variable.text("name")))
                        .filteredOn(name -> name.startsWith("HEARTH_"))
                        .allSatisfy(name -> assertThat(known).contains(name));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void example_secrets_areReferredToAndNeverWrittenOut(Path example) {
        List<KubernetesObject> objects = chart.render(example);

        assertThat(all(objects, "Secret")).isEmpty();
        for (KubernetesObject maker : objects) {
            for (KubernetesObject container : maker.containers()) {
                assertThat(container.list("env"))
                        .filteredOn(variable -> variable.text("name").matches(".*(TOKEN|PASSWORD|SECRET_ACCESS_KEY)$"))
                        .allSatisfy(variable -> assertThat(variable.at("valueFrom.secretKeyRef.name"))
                                .isNotNull());
            }
        }
    }

    @Test
    void distributed_isADeploymentThatScalesSpreadsAndDrains() {
        List<KubernetesObject> objects = chart.render(Chart.DIRECTORY.resolve("examples/distributed.yaml"));
        KubernetesObject pods = only(objects, "Deployment");

        assertThat(pods.at("spec.replicas")).as("the autoscaler's to decide").isNull();
        assertThat(only(objects, "HorizontalPodAutoscaler").text("spec.scaleTargetRef.name"))
                .isEqualTo(pods.name());
        assertThat(only(objects, "PodDisruptionBudget").map("spec.selector.matchLabels"))
                .isEqualTo(pods.map("spec.selector.matchLabels"));
        assertThat(pods.list("spec.template.spec.topologySpreadConstraints")).hasSize(2);
        assertThat(pods.list("spec.template.spec.containers").get(0).at("lifecycle.preStop.sleep.seconds"))
                .isEqualTo(5);
        assertThat(pods.at("spec.template.spec.terminationGracePeriodSeconds")).isEqualTo(60);
        assertThat(pods.list("spec.template.spec.containers").get(0).text("readinessProbe.httpGet.scheme"))
                .isEqualTo("HTTPS");
        assertThat(env(pods))
                .containsEntry("HEARTH_TABLE_ENGINE", "dynamodb")
                .containsEntry("QUARKUS_HTTP_INSECURE_REQUESTS", "disabled");
    }

    /** The broker keeps sessions by name, so pods keep theirs, and their number is not changed by load. */
    @Test
    void distributedWithBroker_isAStatefulSetOfNamedSessions() {
        List<KubernetesObject> objects = chart.render(Chart.DIRECTORY.resolve("examples/distributed-broker.yaml"));
        KubernetesObject pods = only(objects, "StatefulSet");

        assertThat(pods.list("spec.volumeClaimTemplates")).isEmpty();
        assertThat(env(pods))
                .containsEntry("HEARTH_MQTT_EXTERNAL_CLIENT_ID", "$(POD_NAME)")
                .containsEntry("HEARTH_MQTT_EXTERNAL_SHARE_GROUP", "hearth")
                .containsEntry("HEARTH_MQTT_TLS_TRUST_FILE", "/etc/hearth/broker-ca/ca.crt");
        assertThat(only(objects, "NetworkPolicy").list("spec.egress"))
                .anyMatch(rule -> rule.list("ports").get(0).text("port").equals("8883"))
                .anyMatch(rule -> rule.list("ports").get(0).text("port").equals("8000"));
    }

    @Test
    void peers_tokensComeFromSecrets() {
        String sync =
                variable(SyncConfig.class.getAnnotation(ConfigMapping.class).prefix());
        KubernetesObject pods =
                only(chart.render(Chart.DIRECTORY.resolve("examples/two-regions-a.yaml")), "StatefulSet");

        assertThat(env(pods))
                .containsEntry("HEARTH_REGION", "a")
                .containsEntry(sync + "_PEERS", "b=https://hearth.b.example.com")
                .containsEntry(sync + "_PEER_TOKENS", "b=$(PEER_TOKEN_0)")
                .containsEntry("PEER_TOKEN_0", "from elsewhere");
        assertThat(Chart.DIRECTORY.resolve("examples/two-regions-b.yaml"))
                .content()
                .contains("region: b", "id: a");
    }

    /** Mosquitto's defaults drop messages that it has acknowledged. */
    @Test
    void mosquitto_keepsWhatItAcknowledged() {
        List<KubernetesObject> objects = chart.render(Chart.DIRECTORY.resolve("examples/mosquitto.yaml"));

        assertThat(only(objects, "ConfigMap")
                        .map("data")
                        .get("mosquitto.conf")
                        .toString()
                        .lines())
                .contains("persistence true", "max_queued_messages 0", "allow_anonymous false", "autosave_interval 1");
        KubernetesObject broker = objects.stream()
                .filter(KubernetesObject::makesPods)
                .filter(object -> object.name().equals("home-hearth-mosquitto"))
                .findAny()
                .orElseThrow();
        assertThat(broker.list("spec.volumeClaimTemplates")).hasSize(1);
    }

    @Test
    void mosquitto_bindsSessionsToUsersAndTopicsToDevices() {
        List<KubernetesObject> objects = chart.render(Chart.DIRECTORY.resolve("examples/mosquitto.yaml"));
        Map<String, Object> files = only(objects, "ConfigMap").map("data");

        assertThat(files.get("mosquitto.conf").toString().lines())
                .containsSubsequence("listener 1883", "use_username_as_clientid true", "listener 1884")
                .contains("acl_file /etc/mosquitto/acl");
        assertThat(files.get("acl").toString().lines())
                .containsSubsequence(
                        "pattern readwrite devices/%u/#",
                        "pattern readwrite $aws/things/%u/#",
                        "user gateway",
                        "topic write devices/+/telemetry",
                        "user hearth",
                        "topic read devices/#",
                        "topic readwrite $aws/things/#");
        KubernetesObject hearth = named(objects, "StatefulSet", "home-hearth");
        assertThat(env(hearth))
                .containsEntry("BROKER_CLIENT_ID", "from elsewhere")
                .containsEntry("HEARTH_MQTT_EXTERNAL_CLIENT_ID", "$(POD_NAME)-$(BROKER_CLIENT_ID)")
                .containsEntry("HEARTH_MQTT_HOST", "home-hearth-mosquitto-internal")
                .containsEntry("HEARTH_MQTT_PORT", "1884");
        assertThat(named(objects, "Service", "home-hearth-mosquitto").list("spec.ports"))
                .as("what a load balancer shows")
                .extracting(port -> port.text("targetPort"))
                .containsExactly("mqtt");
        assertThat(named(objects, "Service", "home-hearth-mosquitto-internal").text("spec.type"))
                .isEqualTo("ClusterIP");
        assertThat(named(objects, "NetworkPolicy", "home-hearth-mosquitto").list("spec.ingress"))
                .filteredOn(rule -> rule.list("ports").get(0).text("port").equals("internal"))
                .singleElement()
                .satisfies(rule -> assertThat(rule.list("from").get(0).map("podSelector.matchLabels"))
                        .isEqualTo(hearth.map("spec.selector.matchLabels")));
    }

    @Test
    void mosquitto_withTls_speaksItToDevicesAndToHearth() throws IOException {
        List<KubernetesObject> objects = chart.render("""
                mqtt:
                  mode: external
                  external:
                    username: hearth
                    existingSecret: hearth-broker
                    clientIdKey: client-id
                    tls: {caSecretName: broker-ca}
                mosquitto: {enabled: true, existingSecret: mqtt-users, tls: {enabled: true, secretName: broker-tls}}
                """);

        assertThat(only(objects, "ConfigMap").map("data").get("mosquitto.conf").toString())
                .contains("listener 8883")
                .doesNotContain("listener 1883")
                .containsSubsequence("listener 8883", "keyfile", "listener 1884", "keyfile");
        assertThat(env(named(objects, "StatefulSet", "home-hearth")))
                .containsEntry("HEARTH_MQTT_TLS_ENABLED", "true")
                .containsEntry("HEARTH_MQTT_TLS_TRUST_FILE", "/etc/hearth/broker-ca/ca.crt");
        assertThat(named(objects, "StatefulSet", "home-hearth-mosquitto").list("spec.template.spec.volumes"))
                .anyMatch(volume -> "broker-tls".equals(volume.at("secret.secretName")));
    }

    /** Kubernetes adds a dash and ten characters to the name of a StatefulSet for a label of its pods. */
    @ParameterizedTest
    @MethodSource("examples")
    void longReleaseName_everyLabelAndNameFits(Path example) {
        String release = "a".repeat(52);
        for (KubernetesObject object : chart.render(release, example)) {
            int added = object.kind().equals("StatefulSet") ? 11 : 0;
            // Dashboards have names and no pods.
            int most = object.kind().equals("ConfigMap") ? 253 : 63;
            assertThat(object.name().length() + added).as("%s", object).isLessThanOrEqualTo(most);
            assertThat(object.map("metadata.labels").values())
                    .allSatisfy(value -> assertThat(value.toString().length()).isLessThanOrEqualTo(63));
        }
    }

    @Test
    void dependency_withCondition_isRenderedOrNot() throws IOException {
        Chart parent = Chart.dependencyOf(Files.createDirectories(directory.resolve("parent")));

        assertThat(only(parent.render("hearth: {enabled: true, region: b}"), "StatefulSet")
                        .name())
                .isEqualTo("home-hearth");
        assertThat(parent.render("hearth: {enabled: false}"))
                .extracting(KubernetesObject::name)
                .containsExactly("own");
    }

    @Test
    void settings_numbers_areWrittenAsTheyStand() throws IOException {
        assertThat(env(only(
                        chart.render("settings: {HEARTH_SYNC_PAGE_RECORDS: 1048576, HEARTH_BACKUP_KEEP: 3,"
                                + " HEARTH_TABLE_FSYNC: true}"),
                        "StatefulSet")))
                .containsEntry("HEARTH_SYNC_PAGE_RECORDS", "1048576")
                .containsEntry("HEARTH_BACKUP_KEEP", "3")
                .containsEntry("HEARTH_TABLE_FSYNC", "true");
    }

    @Test
    void credentialsAsValues_makeASecretAndNewPodsWhenTheyChange() throws IOException {
        String values = "auth: {adminToken: %s, devicePassword: an-old-password-of-devices}";
        List<KubernetesObject> before = chart.render(values.formatted("an-old-token-of-the-admin"));
        List<KubernetesObject> after = chart.render(values.formatted("a-new-token-of-the-admin"));

        assertThat(only(before, "Secret").map("stringData"))
                .containsEntry("admin-token", "an-old-token-of-the-admin")
                .containsEntry("device-password", "an-old-password-of-devices");
        assertThat(only(before, "StatefulSet").map("spec.template.metadata.annotations"))
                .isNotEqualTo(only(after, "StatefulSet").map("spec.template.metadata.annotations"));
    }

    @Test
    void dashboardsAndRules_whenWanted_areTheFilesOfTheRepository() throws IOException {
        List<KubernetesObject> objects =
                chart.render("monitoring: {dashboards: {enabled: true}, prometheusRule: {enabled: true}}");

        assertThat(only(objects, "PrometheusRule").map("spec"))
                .isEqualTo(Chart.documentsOf(Path.of("grafana-dashboards/alerts/hearth.rules.yaml"))
                        .get(0));
        List<String> texts = all(objects, "ConfigMap").stream()
                .flatMap(map -> map.map("data").values().stream())
                .map(Object::toString)
                .toList();
        try (Stream<Path> files = Files.list(Path.of("grafana-dashboards/dashboards"))) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".json")).toList()) {
                assertThat(texts).contains(Files.readString(file).strip());
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {mode: both}                                                   | mode
            {replica: 3}                                                   | replica
            {region: 'not a region'}                                       | region
            {retention: a month}                                           | retention
            {http: {port: 80}}                                             | http.port
            {mqtt: {port: seven}}                                          | mqtt.port
            {mqtt: {mode: none}}                                           | mqtt.mode
            {auth: {adminToken: short}}                                    | auth.adminToken
            {persistence: {size: big}}                                     | persistence.size
            {settings: {hearth.table.fsync: 'false'}}                      | settings
            {resources: {limits: {memory: much}}}                          | resources.limits.memory
            {sync: {peers: [{id: b, url: 'hearth.b:8080', tokenSecret: t}]}} | sync.peers.0.url
            {sync: {peers: [{id: b, url: 'http://hearth.b:8080'}]}}        | tokenSecret
            {region: b, sync: {peers: [{id: b, url: 'http://b', tokenSecret: t}]}} | sync.peers
            {auth: {adminToken: a-token-of-the-admin}}                     | auth.devicePassword
            {mode: distributed}                                            | auth.existingSecret
            {monitoring: {serviceMonitor: {enabled: true}}}                | auth.existingSecret
            {http: {tls: {enabled: true}}}                                 | http.tls.secretName
            {mqtt: {tls: {enabled: true}}}                                 | mqtt.tls.secretName
            {mqtt: {mode: external}}                                       | mqtt.external.host
            {mqtt: {mode: external, external: {host: m, connections: 2}}}  | mqtt.external.shareGroup
            {mqtt: {mode: external, external: {host: m, username: u}}}     | mqtt.external.existingSecret
            {mosquitto: {enabled: true}}                                   | mqtt.mode
            {mqtt: {mode: external}, mosquitto: {enabled: true}}           | mosquitto.existingSecret
            {mqtt: {mode: external, external: {username: h, existingSecret: s}}, mosquitto: {enabled: true, existingSecret: u}} | mqtt.external.clientIdKey
            {mqtt: {mode: external, external: {username: 'a b', existingSecret: s, clientIdKey: k}}, mosquitto: {enabled: true, existingSecret: u}} | mqtt.external.username
            {mqtt: {mode: external, external: {username: h, existingSecret: s, clientIdKey: k}}, mosquitto: {enabled: true, existingSecret: u, tls: {enabled: true}}} | mosquitto.tls.secretName
            {mqtt: {mode: external, external: {host: m, clientIdKey: k}}}  | mqtt.external.existingSecret
            {fullnameOverride: a.b}                                        | fullnameOverride
            {extraEnv: [{name: A, value: 1048576}]}                        | extraEnv.0.value
            {autoscaling: {enabled: true}}                                 | autoscaling.enabled
            {ingress: {enabled: true}}                                     | ingress.hosts
            {drain: {preStopSeconds: 60}}                                  | drain.terminationGracePeriodSeconds
            """)
    void badValue_isRefusedByName(String values, String name) {
        assertThatThrownBy(() -> chart.render(values)).hasMessageContaining(name);
    }

    private static void assertPodHas(
            List<KubernetesObject> objects, Map<String, Object> selector, List<KubernetesObject> ports, String field) {
        List<KubernetesObject> selected = objects.stream()
                .filter(KubernetesObject::makesPods)
                .filter(maker ->
                        maker.map("spec.template.metadata.labels").entrySet().containsAll(selector.entrySet()))
                .toList();
        assertThat(selected).as("what %s selects", selector).hasSize(1);
        List<String> named = selected.get(0).containers().stream()
                .flatMap(container -> container.list("ports").stream())
                .map(port -> port.text("name"))
                .toList();
        assertThat(ports).allSatisfy(port -> assertThat(named).contains(port.text(field)));
    }

    private static List<KubernetesObject> all(List<KubernetesObject> objects, String kind) {
        return objects.stream().filter(object -> object.kind().equals(kind)).toList();
    }

    private static KubernetesObject only(List<KubernetesObject> objects, String kind) {
        List<KubernetesObject> found = all(objects, kind);
        assertThat(found).as("objects of kind %s", kind).hasSize(1);
        return found.get(0);
    }

    private static KubernetesObject named(List<KubernetesObject> objects, String kind, String name) {
        return only(
                objects.stream().filter(object -> object.name().equals(name)).toList(), kind);
    }

    private static Map<String, Object> env(KubernetesObject maker) {
        Map<String, Object> values = new HashMap<>();
        for (KubernetesObject variable :
                maker.list("spec.template.spec.containers").get(0).list("env")) {
            values.put(variable.text("name"), variable.tree().getOrDefault("value", "from elsewhere"));
        }
        return values;
    }

    /** The environment variables of all settings. */
    private static Set<String> settings() throws IOException, URISyntaxException, ClassNotFoundException {
        Set<String> names = new HashSet<>();
        Path room = Path.of(HearthConfig.class.getResource("HearthConfig.class").toURI())
                .getParent();
        try (Stream<Path> files = Files.list(room)) {
            for (Path file : files.toList()) {
                Class<?> type = Class.forName(HearthConfig.class.getPackageName() + "."
                        + file.getFileName().toString().replace(".class", ""));
                ConfigMapping mapping = type.getAnnotation(ConfigMapping.class);
                if (mapping != null) {
                    collect(type, variable(mapping.prefix()), names);
                }
            }
        }
        return names;
    }

    private static void collect(Class<?> type, String prefix, Set<String> names) {
        for (Method method : type.getDeclaredMethods()) {
            String name = prefix + "_" + variable(method.getName().replaceAll("([A-Z])", "-$1"));
            names.add(name);
            if (method.getReturnType().getEnclosingClass() == type) {
                collect(method.getReturnType(), name, names);
            }
        }
    }

    private static String variable(String key) {
        return key.replaceAll("[.-]", "_").toUpperCase(Locale.ROOT);
    }
}
