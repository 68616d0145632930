package io.hearth;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Pages are found from the index, links lead somewhere, and what the pages list is what there is. */
class DocumentationTest {
    private static final Path DOCS = Path.of("docs");
    private static final Path ROOMS = Path.of("src", "main", "java", "io", "hearth");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final int LONGEST_README_WORDS = 900;

    @Test
    void readme_isShort() throws IOException {
        assertThat(Files.readString(Path.of("README.md")).strip().split("\\s+").length)
                .isLessThanOrEqualTo(LONGEST_README_WORDS);
    }

    @Test
    void index_namesEveryPage() throws IOException {
        Set<String> linked = new TreeSet<>(links(DOCS.resolve("README.md")));
        Set<String> decisions = new TreeSet<>(links(DOCS.resolve("decisions").resolve("README.md")));

        assertThat(linked).containsAll(pagesIn(DOCS));
        assertThat(decisions).containsAll(pagesIn(DOCS.resolve("decisions")));
    }

    @Test
    void links_leadToFilesAndHeadings() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path page : pages()) {
            for (String link : links(page)) {
                if (!link.contains("://") && !isThere(page, link)) {
                    broken.add(page + ": " + link);
                }
            }
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void architecture_namesEveryRoomAndNoOther() throws IOException {
        String page = Files.readString(DOCS.resolve("architecture.md"));
        String rooms = page.substring(page.indexOf("## Rooms"), page.indexOf("## What is stored"));
        Set<String> named = rooms.lines()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.split("\\|", -1)[1])
                .flatMap(cell -> Pattern.compile("`([a-z.]+)`").matcher(cell).results())
                .map(room -> room.group(1))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(named).isEqualTo(rooms());
    }

    @Test
    void picture_hasEveryRoom() throws IOException {
        Set<String> drawn = Pattern.compile("class=\"t\">([a-z.]+)<")
                .matcher(Files.readString(DOCS.resolve("images").resolve("rooms.svg")))
                .results()
                .map(room -> room.group(1))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(rooms()).containsAll(drawn);
        assertThat(drawn)
                .containsAll(rooms().stream()
                        .map(room -> room.replaceFirst("\\..*", ""))
                        .toList());
    }

    /** The packages that have classes. */
    private static Set<String> rooms() throws IOException {
        try (Stream<Path> files = Files.walk(ROOMS)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .map(file -> ROOMS.relativize(file.getParent()).toString().replace('/', '.'))
                    .filter(room -> !room.isEmpty())
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> root = Files.list(Path.of("."));
                Stream<Path> docs = Files.walk(DOCS);
                Stream<Path> beside = Files.walk(ROOMS)) {
            return Stream.of(root, docs, beside, Stream.of(Path.of("device-simulator", "README.md")))
                    .flatMap(files -> files)
                    .filter(file -> file.toString().endsWith(".md"))
                    .map(Path::normalize)
                    .sorted()
                    .toList();
        }
    }

    private static Set<String> pagesIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".md") && !name.equals("README.md"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static List<String> links(Path page) throws IOException {
        return LINK.matcher(Files.readString(page))
                .results()
                .map((MatchResult link) -> link.group(1))
                .toList();
    }

    private static boolean isThere(Path page, String link) throws IOException {
        String[] parts = link.split("#", 2);
        Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
        if (!Files.exists(target)) {
            return false;
        }
        return parts.length == 1 || headings(target).contains(parts[1]);
    }

    /** As the anchors of headings are made on the web page of a repository. */
    private static Set<String> headings(Path page) throws IOException {
        return Arrays.stream(Files.readString(page).split("\n"))
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT))
                .map(line -> line.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
