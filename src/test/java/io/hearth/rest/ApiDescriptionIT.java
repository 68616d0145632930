package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.ValidationMessage;
import io.hearth.NpmPackages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The OpenAPI document that the service answers, held against its own rules, the examples of the docs, and real answers. */
class ApiDescriptionIT extends RestFixture {
    private static final Pattern CODE = Pattern.compile("`((?:\\{\"|\\[\\{)[^`]*[}\\]])`");

    @SuppressWarnings("NullAway.Init")
    private static JsonNode api;

    private record DescribedOperation(String method, String path, JsonNode description) {
        @Override
        public String toString() {
            return method + " " + path;
        }
    }

    @BeforeAll
    static void read() throws Exception {
        api = json(get("/q/openapi?format=json"), 200);
    }

    @Test
    void document_namesServersTagsAndWhoMadeIt() {
        assertThat(api.at("/openapi").asText()).startsWith("3.1");
        assertThat(api.at("/servers/0/url").asText()).isEqualTo("/");
        assertThat(api.at("/info/contact/name").asText()).isNotEmpty();
        // The password of Swagger UI opens the page alone; the page says so.
        assertThat(api.at("/info/description").asText()).contains("Swagger UI press **Authorize** first");
        assertThat(api.at("/tags")).hasSizeGreaterThan(10);
        api.at("/tags")
                .forEach(tag -> assertThat(tag.at("/description").asText())
                        .as(tag.at("/name").asText())
                        .isNotEmpty());
    }

    @Test
    void everyOperation_hasAnIdADescriptionAndAKnownTag() {
        List<String> tags = api.at("/tags").findValuesAsText("name");
        Set<String> ids = new HashSet<>();
        for (DescribedOperation operation : operations()) {
            JsonNode description = operation.description();
            assertThat(ids.add(description.at("/operationId").asText("")))
                    .as(operation + ": an id of its own")
                    .isTrue();
            assertThat(description.at("/operationId").asText())
                    .as(operation.toString())
                    .matches("[a-z][A-Za-z0-9]+");
            assertThat(description.at("/summary").asText())
                    .as(operation.toString())
                    .isNotEmpty();
            assertThat(description.at("/description").asText())
                    .as(operation.toString())
                    .isNotEmpty();
            assertThat(description.at("/tags")).as(operation.toString()).hasSize(1);
            assertThat(tags).contains(description.at("/tags/0").asText());
            description
                    .at("/responses")
                    .forEach(answer -> assertThat(answer.at("/description").asText())
                            .as(operation.toString())
                            .isNotEmpty());
        }
        assertThat(ids).hasSizeGreaterThan(60);
    }

    @Test
    void everyOperation_saysHowItMayFail() {
        for (DescribedOperation operation : operations()) {
            JsonNode answers = operation.description().at("/responses");
            if (operation.description().has("security") || operation.path().startsWith("/q/")) {
                continue;
            }
            List<String> failures = new ArrayList<>(List.of("400", "401", "403", "500", "503"));
            if (!operation.path().contains("/things/")) {
                failures.add("406");
            }
            if (operation.description().has("requestBody")) {
                failures.add("413");
                failures.add("415");
            }
            if (operation.path().startsWith("/api/v1/backups")) {
                failures.add("409");
            }
            assertThat(answers.fieldNames())
                    .as(operation.toString())
                    .toIterable()
                    .containsAll(failures);
            for (String failure : failures) {
                assertThat(answers.at("/" + failure + "/content").fieldNames())
                        .as(operation + " " + failure)
                        .toIterable()
                        .first()
                        .asString()
                        .matches("application/(problem\\+)?json");
            }
        }
        assertThat(api.at("/paths").fieldNames())
                .toIterable()
                .contains("/things/{thing}/shadow", "/prometheus/api/v1/query", "/ping", "/health");
        assertThat(operation("get", "/prometheus/api/v1/query")
                        .at("/responses/400/content/application~1json/schema/$ref")
                        .asText())
                .endsWith("/PrometheusFailure");
    }

    @Test
    void everyExample_isValidByItsSchema() throws Exception {
        int examples = 0;
        for (DescribedOperation operation : operations()) {
            List<JsonNode> contents = new ArrayList<>();
            contents.add(operation.description().at("/requestBody/content"));
            operation.description().at("/responses").forEach(answer -> contents.add(answer.at("/content")));
            for (JsonNode content : contents) {
                for (JsonNode type : content) {
                    for (JsonNode example : type.at("/examples")) {
                        assertThat(problemsOf(type.at("/schema"), example.at("/value")))
                                .as(operation + ": " + example)
                                .isEmpty();
                        examples++;
                    }
                }
            }
        }
        assertThat(examples).isGreaterThan(10);
    }

    /** Each body in the docs that is a reading, or an array of them, as a validating proxy would see it. */
    @ParameterizedTest
    @ValueSource(strings = {"docs/readings.md"})
    void readingsOfTheDocs_areValid(String page) throws Exception {
        JsonNode schema = bodyOf("post", "/api/v1/devices/{id}/readings", "application/json");
        Matcher code = CODE.matcher(Files.readString(Path.of(page)));
        int readings = 0;
        while (code.find()) {
            String body = code.group(1).replace('\n', ' ');
            if (body.contains("…")) {
                continue;
            }
            assertThat(problemsOf(schema, JSON.readTree(body))).as(body).isEmpty();
            readings++;
        }
        assertThat(readings).isPositive();
    }

    @Test
    void bodies_thatAreTakenAndRefused_areSoByTheirSchema() throws Exception {
        JsonNode readings = bodyOf("post", "/api/v1/devices/{id}/readings", "application/json");
        JsonNode patch = bodyOf("patch", "/api/v1/devices/{id}/shadow", "application/merge-patch+json");
        JsonNode peer = bodyOf("post", "/api/v1/sync/peers", "application/json");

        assertThat(problemsOf(readings, JSON.readTree("[{\"ts\":1,\"values\":{\"t\":21.5}},{\"t\":21.6}]")))
                .isEmpty();
        assertThat(problemsOf(readings, JSON.readTree("{\"aenergy\":{\"by_minute\":[1,2]},\"off\":null}")))
                .isEmpty();
        assertThat(problemsOf(readings, JSON.readTree("\"x\""))).isNotEmpty();
        assertThat(problemsOf(patch, JSON.readTree("{\"desired\":{\"on\":true}}")))
                .isEmpty();
        assertThat(problemsOf(patch, JSON.readTree("\"x\""))).isNotEmpty();
        assertThat(problemsOf(peer, JSON.readTree("{\"id\":\"eu\",\"url\":\"http://127.0.0.1:1\",\"token\":null}")))
                .isEmpty();
        assertThat(problemsOf(peer, JSON.readTree("{\"id\":\"eu\",\"url\":\"http://127.0.0.1:1\",\"token\":true}")))
                .isNotEmpty();
    }

    /** All rules, warnings and hints too. */
    @Test
    void spectral_findsNothing() throws Exception {
        Path spectral = NpmPackages.install("spectral").resolve("node_modules/.bin/spectral");
        Path document = Files.write(hearth.directory().resolve("openapi.json"), JSON.writeValueAsBytes(api));

        Process linter = new ProcessBuilder(
                        spectral.toString(),
                        "lint",
                        "--ruleset=src/test/spectral/ruleset.yaml",
                        "--fail-severity=hint",
                        document.toString())
                .redirectErrorStream(true)
                .start();
        String findings = new String(linter.getInputStream().readAllBytes(), UTF_8);

        assertThat(linter.waitFor()).as(findings).isZero();
        assertThat(findings).contains("No results");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/devices",
                "/api/v1/devices/{id}",
                "/api/v1/devices/{id}/readings",
                "/api/v1/devices/{id}/readings/latest",
                "/api/v1/devices/{id}/readings/aggregate",
                "/api/v1/devices/{id}/shadows",
                "/api/v1/readings/latest",
                "/api/v1/dead-letters",
                "/api/v1/sync/status",
                "/api/v1/sync/peers",
                "/prometheus/api/v1/labels",
                "/health"
            })
    void answers_areValidByTheirSchema(String path) throws Exception {
        storeRamp("described", 3);
        post("/api/v1/sync/peers", "{\"id\":\"elsewhere\",\"url\":\"http://127.0.0.1:9\"}");

        JsonNode answer = json(get(path.replace("{id}", "described")), 200);

        assertThat(problemsOf(operation("get", path).at("/responses/200/content/application~1json/schema"), answer))
                .as(answer.toString())
                .isEmpty();
    }

    /** On every route that reads: what a client leaves empty is as if it were not there. */
    @Test
    void everyParameter_whenEmpty_isAsIfAbsent() throws Exception {
        storeRamp("empty", 3);
        int parameters = 0;
        for (ApiContract.Route route : new ApiContract(api).routes()) {
            if (!route.method().equals("GET") || route.template().endsWith("/stream")) {
                continue;
            }
            String path = route.template().replaceAll("\\{[^}]*}", "empty");
            int without = get(path).statusCode();
            for (JsonNode parameter : route.description().path("parameters")) {
                if (parameter.at("/in").asText().equals("query")) {
                    String name = parameter.at("/name").asText().replace("[]", "%5B%5D");
                    assertThat(get(path + "?" + name + "=").statusCode())
                            .as(route + " with " + name)
                            .isEqualTo(without);
                    parameters++;
                }
            }
        }
        assertThat(parameters).isGreaterThan(80);
    }

    @Test
    void bodyOfAnotherForm_isRefused() throws Exception {
        for (String body : List.of("[]", "\"x\"", "1")) {
            assertThat(problem(post("/api/v1/sync/peers", body), 400, "invalid-request")
                            .at("/errors/0/field")
                            .asText())
                    .isEqualTo("body");
        }
        problem(post("/api/v1/sync/peers", "{"), 400, "invalid-request");
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "1", "1.5", "{}", "[]"})
    void tokenOfAPeer_thatIsNoText_isRefusedAndNamed(String token) throws Exception {
        JsonNode problem = problem(
                post("/api/v1/sync/peers", "{\"id\":\"eu\",\"url\":\"http://127.0.0.1:9\",\"token\":" + token + "}"),
                400,
                "invalid-request");

        assertThat(problem.at("/errors/0/field").asText()).isEqualTo("token");
        assertThat(json(get("/api/v1/sync/peers"), 200).at("/peers").findValuesAsText("id"))
                .doesNotContain("eu");
    }

    private static List<DescribedOperation> operations() {
        List<DescribedOperation> operations = new ArrayList<>();
        api.at("/paths")
                .properties()
                .forEach(path -> path.getValue()
                        .properties()
                        .forEach(operation -> operations.add(
                                new DescribedOperation(operation.getKey(), path.getKey(), operation.getValue()))));
        return operations;
    }

    private static JsonNode operation(String method, String path) {
        JsonNode operation = api.at("/paths").path(path).path(method);
        assertThat(operation.isObject()).as(method + " " + path).isTrue();
        return operation;
    }

    private static JsonNode bodyOf(String method, String path, String type) {
        return operation(method, path).at("/requestBody/content").path(type).at("/schema");
    }

    /** What of {@code value} is against a schema of the document. */
    private static Set<ValidationMessage> problemsOf(JsonNode schema, JsonNode value) {
        assertThat(schema.isObject()).isTrue();
        return new ApiContract(api).problemsOf(schema, value);
    }
}
