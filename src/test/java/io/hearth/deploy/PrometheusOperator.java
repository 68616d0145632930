package io.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Set;

/**
 * What the Prometheus operator says of the objects that the chart makes for it: the fields in use of its API reference, as its
 * schemas are in no library.
 */
final class PrometheusOperator {
    private PrometheusOperator() {}

    static void validateServiceMonitor(JsonElement object) {
        JsonObject spec = spec(object);
        assertThat(spec.keySet()).isSubsetOf("jobLabel", "selector", "endpoints", "namespaceSelector");
        for (JsonElement endpoint : spec.getAsJsonArray("endpoints")) {
            assertThat(endpoint.getAsJsonObject().keySet())
                    .containsAll(Set.of("port", "path", "scheme", "interval", "authorization"))
                    .isSubsetOf("port", "path", "scheme", "interval", "authorization", "tlsConfig");
            JsonObject authorization = endpoint.getAsJsonObject().getAsJsonObject("authorization");
            assertThat(authorization.keySet()).containsExactlyInAnyOrder("type", "credentials");
            assertThat(authorization.getAsJsonObject("credentials").keySet()).containsExactlyInAnyOrder("name", "key");
        }
    }

    static void validatePrometheusRule(JsonElement object) {
        JsonObject spec = spec(object);
        assertThat(spec.keySet()).containsExactly("groups");
        for (JsonElement group : spec.getAsJsonArray("groups")) {
            assertThat(group.getAsJsonObject().keySet()).isSubsetOf("name", "interval", "rules");
            for (JsonElement rule : group.getAsJsonObject().getAsJsonArray("rules")) {
                assertThat(rule.getAsJsonObject().keySet())
                        .contains("expr")
                        .isSubsetOf("alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations");
            }
        }
    }

    private static JsonObject spec(JsonElement object) {
        assertThat(object.getAsJsonObject().keySet())
                .containsExactlyInAnyOrder("apiVersion", "kind", "metadata", "spec");
        return object.getAsJsonObject().getAsJsonObject("spec");
    }
}
