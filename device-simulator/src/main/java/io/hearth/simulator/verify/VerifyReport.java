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
 * @param counts findings by class, each class present
 * @param examples the first few findings of each class
 */
public record VerifyReport(
        int devices,
        long acknowledged,
        long acknowledgedStored,
        long uncertain,
        long uncertainStored,
        Map<FindingClass, Long> counts,
        List<Finding> examples) {

    public VerifyReport {
        counts = new EnumMap<>(counts);
        examples = List.copyOf(examples);
    }

    /** Whether nothing is wrong. */
    public boolean passed() {
        return counts.values().stream().allMatch(count -> count == 0);
    }

    /** The report for people, several lines. */
    public String text() {
        StringBuilder text = new StringBuilder();
        line(text, "devices", Integer.toString(devices));
        line(text, "acknowledged", acknowledged + " readings, stored " + acknowledgedStored);
        line(text, "unacknowledged", uncertain + " readings, stored " + uncertainStored);
        for (Map.Entry<FindingClass, Long> entry : counts.entrySet()) {
            line(text, name(entry.getKey()), Long.toString(entry.getValue()));
            for (Finding finding : examples) {
                if (finding.findingClass() == entry.getKey()) {
                    text.append("  ").append(finding.reading()).append(System.lineSeparator());
                }
            }
        }
        line(text, "result", passed() ? "passed" : "FAILED");
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format(Locale.ROOT, "%-15s %s%n", name, value));
    }

    private static String name(FindingClass findingClass) {
        return findingClass.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** Writes the report as one JSON object. */
    public void writeJson(Path file) throws IOException {
        Map<String, Object> findings = new LinkedHashMap<>();
        counts.forEach((findingClass, count) -> findings.put(jsonName(findingClass), count));
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("passed", passed());
        json.put("devices", devices);
        json.put("acknowledged", acknowledged);
        json.put("acknowledgedStored", acknowledgedStored);
        json.put("unacknowledged", uncertain);
        json.put("unacknowledgedStored", uncertainStored);
        json.put("findings", findings);
        json.put(
                "examples",
                examples.stream()
                        .map(finding -> Map.of("class", jsonName(finding.findingClass()), "reading", finding.reading()))
                        .toList());
        byte[] bytes =
                new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsBytes(json);
        Files.write(file, bytes);
    }

    private static String jsonName(FindingClass findingClass) {
        return findingClass == FindingClass.OUT_OF_ORDER
                ? "outOfOrder"
                : findingClass.name().toLowerCase(Locale.ROOT);
    }
}
