package io.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import io.hearth.ingest.RejectionReason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The dashboards, held to Grafana's own schema and to what makes one usable. What they ask is asked by {@link DashboardsIT}. */
class DashboardsTest {
    /** Panels whose kind has options of fields of its own; the others have none. */
    private static final Set<String> WITH_FIELD_CONFIG = Set.of("timeseries", "table", "heatmap");

    /** Data sources to choose from, which every dashboard may have; the others must be used in a query. */
    private static final String DATA_SOURCE = "datasource";

    static List<Dashboard> dashboards() {
        return Dashboard.all();
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void dashboard_fitsGrafanasSchema(Dashboard dashboard) throws IOException {
        assertThat(faults("dashboard", dashboard.json())).isEmpty();
        for (JsonNode panel : dashboard.panels()) {
            String type = panel.path("type").asText();
            assertThat(faults(type + "-options", panel.path("options")))
                    .as(panel.path("title").asText())
                    .isEmpty();
            JsonNode custom = panel.path("fieldConfig").path("defaults").path("custom");
            if (WITH_FIELD_CONFIG.contains(type)) {
                assertThat(faults(type + "-fieldconfig", custom))
                        .as(panel.path("title").asText())
                        .isEmpty();
            } else {
                assertThat(custom.isMissingNode()).isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void schema_unknownField_isAFault(Dashboard dashboard) throws IOException {
        ObjectNode changed = dashboard.json().deepCopy();
        ((ObjectNode) changed.path("panels").get(1)).put("titel", "Ingest");

        assertThat(faults("dashboard", changed)).isNotEmpty();
    }

    /** In the other mode such a panel has nothing to show, and says so instead of "No data". */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            hearth_table_commit_     | only with the embedded table
            hearth_table_committed_  | only with the embedded table
            hearth_mqtt_broker_      | only with an external broker
            hearth_table_request_    | only with a table on the DynamoDB API
            hearth_table_capacity_   | only with a table on the DynamoDB API
            """)
    void panelOfOneMode_withoutData_saysWhichMode(String metric, String text) {
        List<JsonNode> panels = dashboards().stream()
                .flatMap(dashboard -> dashboard.panels().stream())
                .filter(panel -> panel.path("targets").toString().contains(metric))
                .filter(panel -> !panel.path("targets").toString().contains("vector(0)"))
                .toList();

        assertThat(panels)
                .isNotEmpty()
                .allSatisfy(panel -> assertThat(panel.path("fieldConfig")
                                .path("defaults")
                                .path("noValue")
                                .asText())
                        .as(panel.path("title").asText())
                        .isEqualTo(text));
    }

    /** A third of the width of a small panel holds so many. */
    @ParameterizedTest
    @MethodSource("dashboards")
    void legends_areShortEnoughToBeShownWhole(Dashboard dashboard) {
        for (JsonNode panel : dashboard.panels()) {
            for (JsonNode target : panel.path("targets")) {
                String legend = target.path("legendFormat").asText().replaceAll("\\{\\{.*?}}", "");
                assertThat(legend.length()).as(legend).isLessThanOrEqualTo(17);
            }
        }
    }

    /** Of a palette that begins anew for each answer two reasons could have colours that look alike. */
    @Test
    void deadLetters_eachReason_hasAColourOfItsOwn() {
        JsonNode panel = dashboards().stream()
                .flatMap(dashboard -> dashboard.panels().stream())
                .filter(candidate -> candidate.path("title").asText().equals("Dead letters by reason"))
                .findAny()
                .orElseThrow();
        Map<String, String> colours = new HashMap<>();
        for (JsonNode override : panel.path("fieldConfig").path("overrides")) {
            colours.put(
                    override.path("matcher").path("options").asText(),
                    override.path("properties")
                            .path(0)
                            .path("value")
                            .path("fixedColor")
                            .asText());
        }

        assertThat(colours.keySet())
                .containsExactlyInAnyOrderElementsOf(Stream.of(RejectionReason.values())
                        .map(RejectionReason::label)
                        .toList());
        assertThat(colours.values()).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void everyPanel_saysWhatItShowsAndInWhichUnit(Dashboard dashboard) {
        assertThat(dashboard.json().path("description").asText()).isNotBlank();
        assertThat(dashboard.panels()).isNotEmpty().allSatisfy(panel -> {
            assertThat(panel.path("title").asText()).isNotBlank();
            assertThat(panel.path("description").asText())
                    .as(panel.path("title").asText())
                    .endsWith(".");
            assertThat(panel.path("fieldConfig").path("defaults").path("unit").asText())
                    .isNotBlank();
            assertThat(panel.path("fieldConfig")
                            .path("defaults")
                            .path("thresholds")
                            .path("steps"))
                    .isNotEmpty();
            assertThat(panel.path("targets")).isNotEmpty();
        });
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void panels_haveIdsOfTheirOwnAndDoNotOverlap(Dashboard dashboard) {
        Set<Integer> ids = new HashSet<>();
        Set<List<Integer>> taken = new HashSet<>();
        for (JsonNode panel : dashboard.json().path("panels")) {
            assertThat(ids.add(panel.path("id").asInt())).isTrue();
            JsonNode place = panel.path("gridPos");
            for (int x = 0; x < place.path("w").asInt(); x++) {
                for (int y = 0; y < place.path("h").asInt(); y++) {
                    int column = place.path("x").asInt() + x;
                    assertThat(column).isLessThan(24);
                    assertThat(taken.add(List.of(column, place.path("y").asInt() + y)))
                            .as("the place of %s", panel.path("title"))
                            .isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void everyVariable_isDescribedAndUsed_andNoOtherIs(Dashboard dashboard) {
        Set<String> names = new HashSet<>();
        for (JsonNode variable : dashboard.variables()) {
            String name = variable.path("name").asText();
            names.add(name);
            assertThat(variable.path("description").asText()).as(name).isNotBlank();
            boolean used = dashboard.queries().stream()
                    .anyMatch(query -> variable.path("type").asText().equals(DATA_SOURCE)
                            ? query.source().equals(name)
                            : query.expression().contains("$" + name));
            assertThat(used).as("%s is used", name).isTrue();
        }
        assertThat(dashboard.queries()).allSatisfy(query -> {
            assertThat(names).contains(query.source());
            assertThat(names.stream()
                            .sorted((a, b) -> b.length() - a.length())
                            .reduce(query.expression(), (text, name) -> text.replace("$" + name, ""))
                            .replaceAll("\\$__(rate_interval|interval|range)\\b", ""))
                    .doesNotContain("$");
        });
    }

    @Test
    void dashboards_haveUidsOfTheirFiles_whichLinksLeadTo() throws IOException {
        List<String> uids = dashboards().stream()
                .map(dashboard -> dashboard.json().path("uid").asText())
                .toList();

        assertThat(dashboards())
                .allSatisfy(dashboard -> assertThat(dashboard.file())
                        .isEqualTo(dashboard.json().path("uid").asText() + ".json"));
        assertThat(dashboards().stream()
                        .flatMap(dashboard -> dashboard.json().findValuesAsText("url").stream())
                        .filter(url -> url.startsWith("/d/")))
                .isNotEmpty()
                .allSatisfy(url -> assertThat(uids).contains(url.replaceFirst("^/d/([^?]*).*$", "$1")));
        String documentation = Files.readString(Path.of("docs", "dashboards.md"));
        assertThat(dashboards())
                .allSatisfy(dashboard -> assertThat(documentation).contains(dashboard.file()));
    }

    private static List<String> faults(String schema, JsonNode node) throws IOException {
        try (InputStream stream = DashboardsTest.class.getResourceAsStream("/grafana/" + schema + ".json")) {
            JsonSchema parsed = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7)
                    .getSchema(new ObjectMapper().readTree(Objects.requireNonNull(stream, schema)));
            return parsed.validate(node).stream()
                    .map(ValidationMessage::getMessage)
                    .toList();
        }
    }
}
