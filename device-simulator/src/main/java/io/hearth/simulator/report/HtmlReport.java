package io.hearth.simulator.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A report as one HTML page that needs nothing else: no server, no other file, no network. The page is the resource
 * {@code report.html} with the report in it as JSON, from which the page's script draws tables and plots.
 */
public final class HtmlReport {

    /** What the report stands for in the template. */
    private static final String PLACE = "{{report}}";

    private HtmlReport() {}

    public static void write(RunReport report, Path file) throws IOException {
        // "<" occurs in strings alone, and would let one that holds "</script>" end the element that the JSON is in.
        String json = data(report).toString().replace("<", "\\u003c");
        Files.writeString(file, template().replace(PLACE, json), StandardCharsets.UTF_8);
    }

    private static String template() throws IOException {
        try (InputStream in = HtmlReport.class.getResourceAsStream("report.html")) {
            if (in == null) {
                throw new IOException("the jar lacks report.html");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** The report without its histograms, with texts for people where the numbers alone do not tell or are too long for a script. */
    private static ObjectNode data(RunReport report) {
        ObjectNode json = ReportJson.toJson(report);
        for (JsonNode parent : json.findParents("histogram")) {
            ((ObjectNode) parent).remove("histogram");
        }
        ArrayNode facts = json.putArray("facts");
        RunSetup setup = report.setup();
        if (setup != null) {
            fact(facts, "target", setup.target());
            fact(facts, "seed", setup.seedText());
            fact(facts, "size", setup.size());
            fact(facts, "schedule", setup.schedule());
            setup.commands().forEach(command -> fact(facts, "command", command));
            if (report.chaos() != null) {
                fact(facts, "chaos", report.chaos().text());
            }
        }
        List<Limits.Outcome> outcomes = report.outcomes();
        for (int i = 0; i < outcomes.size(); i++) {
            ObjectNode limit = (ObjectNode) json.withArray("limits").get(i);
            limit.put("limitText", outcomes.get(i).limitText());
            limit.put("actualText", outcomes.get(i).actualText());
        }
        return json;
    }

    private static void fact(ArrayNode facts, String name, String value) {
        facts.addArray().add(name).add(value);
    }
}
