package io.hearth.simulator.verify;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The verdict. Counts are of readings.
 *
 * @param acknowledgedStored how many of the acknowledged are there; all of them, if all is well
 * @param uncertain sent without an acknowledgement coming back, so they may be there or not
 * @param afterUntil sent after the instant that was asked about, so they must not be there
 * @param counts findings by class, each class present
 * @param allowed findings that are let pass, by class; none where a class is missing
 * @param examples the first few findings of each class
 * @param incomplete why the ledger may lack readings that were acknowledged; empty if it is whole
 * @param incompleteAllowed whether that is let pass
 * @param minAcknowledged with fewer acknowledged readings nothing is proven
 */
public record VerifyReport(
        int devices,
        long acknowledged,
        long acknowledgedStored,
        long uncertain,
        long uncertainStored,
        long afterUntil,
        Map<FindingClass, Long> counts,
        Map<FindingClass, Long> allowed,
        List<Finding> examples,
        List<String> incomplete,
        boolean incompleteAllowed,
        long minAcknowledged) {

    public VerifyReport {
        counts = new EnumMap<>(counts);
        allowed = Map.copyOf(allowed);
        examples = List.copyOf(examples);
        incomplete = List.copyOf(incomplete);
    }

    /** Whether no more is wrong than is let pass, and the ledger is whole, unless that is let pass, and has enough. */
    public boolean passed() {
        boolean isWhole = incomplete.isEmpty() || incompleteAllowed;
        return isWhole
                && acknowledged >= minAcknowledged
                && counts.entrySet().stream()
                        .allMatch(entry -> entry.getValue() <= allowed.getOrDefault(entry.getKey(), 0L));
    }

    /** The report for people, several lines. */
    public String text() {
        StringBuilder text = new StringBuilder();
        line(text, "devices", Integer.toString(devices));
        line(text, "acknowledged", acknowledged + " readings, stored " + acknowledgedStored);
        line(text, "unacknowledged", uncertain + " readings, stored " + uncertainStored);
        if (afterUntil > 0) {
            line(text, "sent later", afterUntil + " readings");
        }
        for (Map.Entry<FindingClass, Long> entry : counts.entrySet()) {
            line(text, entry.getKey().text(), Long.toString(entry.getValue()));
            for (Finding finding : examples) {
                if (finding.findingClass() == entry.getKey()) {
                    text.append("  ").append(finding.reading()).append(System.lineSeparator());
                }
            }
        }
        if (acknowledged < minAcknowledged) {
            line(
                    text,
                    "TOO FEW",
                    acknowledged + " readings were acknowledged, at least " + minAcknowledged
                            + " are needed for a verdict");
        }
        for (String reason : incomplete) {
            line(text, incompleteAllowed ? "note" : "INCOMPLETE", reason);
        }
        line(text, "result", passed() ? "passed" : "FAILED");
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format(Locale.ROOT, "%-15s %s%n", name, value));
    }

    /** Writes the report as one JSON object. */
    public void writeJson(Path file) throws IOException {
        Map<String, Object> findings = new LinkedHashMap<>();
        counts.forEach((findingClass, count) -> findings.put(findingClass.jsonName(), count));
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("passed", passed());
        json.put("devices", devices);
        json.put("acknowledged", acknowledged);
        json.put("acknowledgedStored", acknowledgedStored);
        json.put("unacknowledged", uncertain);
        json.put("unacknowledgedStored", uncertainStored);
        json.put("sentAfterUntil", afterUntil);
        json.put("ledgerIncomplete", incomplete);
        json.put("findings", findings);
        json.put(
                "examples",
                examples.stream()
                        .map(finding ->
                                Map.of("class", finding.findingClass().jsonName(), "reading", finding.reading()))
                        .toList());
        byte[] bytes =
                new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsBytes(json);
        Files.write(file, bytes);
    }
}
