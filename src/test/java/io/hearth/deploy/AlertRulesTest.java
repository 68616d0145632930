package io.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The alert rules, held to Prometheus' own checks and tests, and to a runbook for each. */
class AlertRulesTest {
    private static final Path ALERTS = Path.of("grafana-dashboards", "alerts");
    private static final Path RULES = ALERTS.resolve("hearth.rules.yaml");
    private static final Path TESTS = ALERTS.resolve("hearth.rules.test.yaml");
    private static final Path PROMTOOL = Path.of("/usr/bin/promtool");

    @Test
    void rules_areWellFormed() throws Exception {
        promtool("check", "rules", RULES.toString());
    }

    @Test
    void rules_onSeriesOfATest_fireAndEndAsExpected() throws Exception {
        promtool("test", "rules", TESTS.toString());
    }

    @Test
    void everyAlert_hasATestASummaryAndARunbook() throws IOException {
        String tests = Files.readString(TESTS);
        List<String> runbooks = Files.readAllLines(Path.of("docs", "runbooks.md"));
        List<KubernetesObject> alerts = alerts();

        assertThat(alerts).isNotEmpty();
        for (KubernetesObject alert : alerts) {
            String name = alert.text("alert");
            assertThat(tests).contains("name: " + name + " fires");
            assertThat(runbooks).contains("## " + name);
            assertThat(alert.text("labels.severity")).isIn("warning", "critical");
            assertThat(alert.text("annotations.summary")).isNotBlank();
            assertThat(alert.text("annotations.description")).isNotBlank();
            assertThat(alert.text("annotations.runbook"))
                    .isEqualTo("docs/runbooks.md#" + name.toLowerCase(Locale.ROOT));
        }
    }

    @Test
    void everyRunbook_isOfAnAlert() throws IOException {
        List<String> names =
                alerts().stream().map(alert -> "## " + alert.text("alert")).toList();

        assertThat(Files.readAllLines(Path.of("docs", "runbooks.md")))
                .filteredOn(line -> line.startsWith("## "))
                .containsExactlyInAnyOrderElementsOf(names);
    }

    static List<KubernetesObject> alerts() throws IOException {
        return new KubernetesObject(Chart.asMap(Chart.documentsOf(RULES).get(0)))
                .list("groups").stream()
                        .flatMap(group -> group.list("rules").stream())
                        .toList();
    }

    private static void promtool(String... arguments) throws Exception {
        if (!Files.isExecutable(PROMTOOL)) {
            throw new IllegalStateException(PROMTOOL + " is missing: install the package prometheus");
        }
        List<String> command = new ArrayList<>(List.of(PROMTOOL.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }
}
