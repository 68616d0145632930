package io.hearth.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds docs/configuration.md to the settings: each has its row, with its default and range, and there are no other rows. */
class ConfigurationPageTest {
    private static final Path PAGE = Path.of("docs", "configuration.md");

    private static final Pattern VARIABLE = Pattern.compile("(?<![A-Z_])HEARTH_[A-Z0-9_]+");

    /** Variables of the image, of the scripts and of the tests. */
    private static final Set<String> NO_SETTINGS =
            Set.of("HEARTH_JAVA_OPTS", "HEARTH_MEMORY", "HEARTH_RESTART", "HEARTH_TEST_DYNAMODB", "HEARTH_URL");

    /** What a row says. */
    private record Row(String defaultValue, String values) {}

    private static Map<String, Row> rows() throws IOException {
        Map<String, Row> rows = new TreeMap<>();
        for (String line : Files.readAllLines(PAGE)) {
            if (line.startsWith("| `HEARTH_")) {
                String[] cells = line.split("\\s*\\|\\s*");
                assertThat(cells).as(line).hasSize(5);
                Row before = rows.put(cells[1].replace("`", ""), new Row(cells[2].replace("`", ""), cells[3]));
                assertThat(before).as("two rows of %s", cells[1]).isNull();
            }
        }
        return rows;
    }

    @Test
    void page_allSettings_areItsRows() throws IOException {
        List<String> variables = new ArrayList<>();
        SettingNames.defaults().keySet().forEach(property -> variables.add(SettingNames.variableOf(property)));
        assertThat(rows().keySet()).containsExactlyInAnyOrderElementsOf(variables);
    }

    @Test
    void pages_allVariables_areSettings() throws IOException {
        Set<String> settings = rows().keySet();
        List<String> unknown = new ArrayList<>();
        try (Stream<Path> root = Files.list(Path.of("."));
                Stream<Path> docs = Files.walk(Path.of("docs"));
                Stream<Path> beside = Files.walk(Path.of("src", "main"))) {
            for (Path page : Stream.of(root, docs, beside)
                    .flatMap(files -> files)
                    .filter(file -> file.toString().endsWith(".md"))
                    .toList()) {
                VARIABLE.matcher(Files.readString(page))
                        .results()
                        .map(MatchResult::group)
                        .filter(name -> !NO_SETTINGS.contains(name))
                        // One that ends with an underscore stands for all that begin so.
                        .filter(name -> name.endsWith("_")
                                ? settings.stream().noneMatch(setting -> setting.startsWith(name))
                                : !settings.contains(name))
                        .forEach(name -> unknown.add(page + ": " + name));
            }
        }
        assertThat(unknown).isEmpty();
    }

    @Test
    void page_defaults_areThoseOfTheSettings() throws IOException {
        Map<String, Row> rows = rows();
        SettingNames.defaults()
                .forEach((property, value) -> assertThat(row(rows, property).defaultValue)
                        .as(property)
                        .isEqualTo(value == null ? "none" : value));
    }

    static Stream<SettingRangesTest.Setting> ranges() {
        return SettingRangesTest.ranges();
    }

    @ParameterizedTest
    @MethodSource("ranges")
    void page_range_isThatOfTheSetting(SettingRangesTest.Setting setting) throws IOException {
        Within range = Objects.requireNonNull(setting.range());
        assertThat(row(rows(), setting.name()).values)
                .isEqualTo(range.min() + " to " + range.max() + (range.orZero() ? ", or 0" : ""));
    }

    private static Row row(Map<String, Row> rows, String property) {
        return Objects.requireNonNull(rows.get(SettingNames.variableOf(property)), property);
    }
}
