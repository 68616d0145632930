package io.hearth.layout;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** No two rooms take the same place in the table, and the page on the architecture says what is where, and nothing else. */
class LayoutTest {
    private static final Path PAGE = Path.of("docs", "architecture.md");
    private static final Pattern PARTITION = Pattern.compile("`(!?[a-z/-]+/?)…?`");

    @Test
    void partitions_differ_andAreNoDeviceIds() throws Exception {
        List<String> partitions = constants(Partitions.class);

        assertThat(partitions).hasSizeGreaterThan(10).doesNotHaveDuplicates();
        assertThat(partitions).noneMatch(partition -> partition.matches("[a-zA-Z0-9:_-]{1,128}"));
    }

    @Test
    void kindsOfItems_differ() throws Exception {
        assertThat(constants(DeviceItems.class)).hasSizeGreaterThan(5).doesNotHaveDuplicates();
    }

    @Test
    void page_partitions_areThoseOfTheTable() throws Exception {
        String section = between("The service itself has these partitions.", "Each format carries its version");
        Set<String> named = PARTITION
                .matcher(section)
                .results()
                .map(match -> match.group(1))
                .filter(name -> (name.startsWith("!") && name.length() > 1) || name.contains("/"))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(named).isEqualTo(new TreeSet<>(constants(Partitions.class)));
    }

    @Test
    void page_kindsOfItems_areThoseOfTheTable() throws Exception {
        HexFormat hex = HexFormat.of();
        Set<String> kinds = constants(DeviceItems.class).stream()
                .map(kind -> hex.toHexDigits(Byte.parseByte(kind)))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> named = Pattern.compile("(?m)^\\| [^|]+ \\| `([0-9a-f]{2})`")
                .matcher(between("## What is stored", "The service itself has these partitions."))
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(named).isEqualTo(kinds);
    }

    private static String between(String start, String end) throws IOException {
        String page = Files.readString(PAGE);
        return page.substring(page.indexOf(start), page.indexOf(end));
    }

    private static List<String> constants(Class<?> holder) throws IllegalAccessException {
        List<String> values = new ArrayList<>();
        for (Field field : holder.getFields()) {
            if (Modifier.isStatic(field.getModifiers())) {
                values.add(String.valueOf(field.get(null)));
            }
        }
        return values;
    }
}
