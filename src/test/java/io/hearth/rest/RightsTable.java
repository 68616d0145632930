package io.hearth.rest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The table of {@code docs/rights.md}: which right each operation takes, by method and path. */
final class RightsTable {
    private static final Pattern ROW = Pattern.compile("\\| ([A-Z]+) \\| `([^`]+)` \\| (admin|peer|everybody) \\|");

    private final Map<String, String> rights = new TreeMap<>();

    static RightsTable read() throws IOException {
        RightsTable table = new RightsTable();
        String page = Files.readString(Path.of("docs", "rights.md"));
        for (String line : page.substring(page.indexOf("## Operations")).lines().toList()) {
            Matcher row = ROW.matcher(line);
            if (row.matches() && table.rights.put(row.group(1) + " " + row.group(2), row.group(3)) != null) {
                throw new IllegalStateException("twice in the table: " + line);
            }
        }
        return table;
    }

    /** All rows, by operation: {@code GET /api/v1/devices}. */
    Map<String, String> rights() {
        return rights;
    }

    /** The paths that have an operation with {@code right}. */
    Set<String> pathsWith(String right) {
        Set<String> paths = new TreeSet<>();
        rights.forEach((operation, ofOperation) -> {
            if (ofOperation.equals(right)) {
                paths.add(operation.substring(operation.indexOf(' ') + 1));
            }
        });
        return paths;
    }
}
