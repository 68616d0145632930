package io.hearth;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Classes of one room do not need each other in a circle: who reads one of them would have to read all. Nested classes count as their
 * outer one. What there still is stands in {@code class-cycles.txt}, which only shrinks.
 */
@AnalyzeClasses(packages = "io.hearth", importOptions = ArchitectureTest.WithoutTests.class)
class ClassCyclesTest {
    private static final Path KNOWN = Path.of("src", "test", "resources", "class-cycles.txt");

    @ArchTest
    static void rooms_haveNoClassCyclesButTheKnownOnes(JavaClasses classes) throws IOException {
        List<String> known = Files.readAllLines(KNOWN).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();

        assertThat(cycles(classes))
                .as("cycles of classes; one that is new has to be untied, one that is gone leaves %s", KNOWN)
                .containsExactlyInAnyOrderElementsOf(known);
    }

    /** Each as a line: the room, and the classes that reach each other within it. */
    private static List<String> cycles(JavaClasses classes) {
        Map<String, Set<String>> uses = new TreeMap<>();
        for (JavaClass origin : classes) {
            Set<String> targets = uses.computeIfAbsent(outer(origin), name -> new TreeSet<>());
            origin.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                    .filter(target -> target.getPackageName().equals(origin.getPackageName()))
                    .forEach(target -> targets.add(outer(target)));
        }
        Map<String, Set<String>> reached = new TreeMap<>();
        uses.keySet().forEach(name -> reached.put(name, reachedFrom(name, uses)));
        List<String> cycles = new ArrayList<>();
        Set<String> done = new HashSet<>();
        for (String name : uses.keySet()) {
            NavigableSet<String> cycle = new TreeSet<>(Set.of(name));
            reached.getOrDefault(name, Set.of()).stream()
                    .filter(other -> reached.getOrDefault(other, Set.of()).contains(name))
                    .forEach(cycle::add);
            if (cycle.size() > 1 && done.addAll(cycle)) {
                cycles.add(line(cycle));
            }
        }
        return cycles;
    }

    private static Set<String> reachedFrom(String start, Map<String, Set<String>> uses) {
        Set<String> reached = new HashSet<>();
        Deque<String> next = new ArrayDeque<>(List.of(start));
        while (!next.isEmpty()) {
            for (String target : uses.getOrDefault(next.remove(), Set.of())) {
                if (reached.add(target)) {
                    next.add(target);
                }
            }
        }
        return reached;
    }

    private static String line(NavigableSet<String> cycle) {
        String first = cycle.first();
        String room = first.substring("io.hearth.".length(), first.lastIndexOf('.'));
        return room + ": "
                + String.join(
                        ", ",
                        cycle.stream()
                                .map(name -> name.substring(name.lastIndexOf('.') + 1))
                                .toList());
    }

    private static String outer(JavaClass javaClass) {
        String name = javaClass.getFullName();
        int nested = name.indexOf('$');
        return nested < 0 ? name : name.substring(0, nested);
    }
}
