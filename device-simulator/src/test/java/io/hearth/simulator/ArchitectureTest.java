package io.hearth.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Which package may use which: from top to bottom, so that there are no cycles. */
class ArchitectureTest {

    private static final String ROOT = "io.hearth.simulator.";

    /** Each row names rows above it only. */
    private static final String[][] USES = {
        {"report"},
        {"fleet"},
        {"chaos", "report"},
        {"ledger", "fleet"},
        {"scenario", "chaos", "fleet", "report"},
        {"publish", "fleet", "ledger", "report"},
        {"publish.paho", "publish"},
        {"publish.raw", "publish", "report"},
        {"publish.shadow", "publish", "publish.raw", "report", "scenario"},
        {"publish.scenario", "fleet", "ledger", "publish", "publish.raw", "publish.shadow", "report", "scenario"},
        {"verify", "fleet", "ledger"},
        {
            "cli",
            "chaos",
            "fleet",
            "ledger",
            "publish",
            "publish.paho",
            "publish.raw",
            "publish.scenario",
            "report",
            "scenario",
            "verify"
        },
    };

    @Test
    void packages_useOnlyWhatTheyMay() {
        Map<String, Set<String>> uses = new TreeMap<>();
        Set<String> violations = new TreeSet<>();
        for (String[] row : USES) {
            Set<String> mayUse = new TreeSet<>(Set.of(row));
            mayUse.remove(row[0]);
            mayUse.stream()
                    .filter(room -> !uses.containsKey(room))
                    .forEach(room -> violations.add("the row of " + room + " stands below that of " + row[0]));
            uses.put(row[0], mayUse);
        }
        for (JavaClass origin : new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.hearth.simulator")) {
            String room = room(origin);
            if (!uses.containsKey(room)) {
                violations.add(room + " has no row");
            }
            origin.getDirectDependenciesFromSelf().forEach(dependency -> {
                JavaClass target = dependency.getTargetClass();
                if (target.getPackageName().startsWith(ROOT)
                        && !room(target).equals(room)
                        && !uses.getOrDefault(room, Set.of()).contains(room(target))) {
                    violations.add(room + " uses " + room(target) + ": " + dependency.getDescription());
                }
            });
        }
        assertEquals(Set.of(), violations);
    }

    private static String room(JavaClass javaClass) {
        return javaClass.getPackageName().substring(ROOT.length());
    }
}
