package io.hearth;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The project is built and tested with open-source software only. */
final class OpenSourceTest {
    /** Servers under other licences that were used once; in pieces, or this file would be found. */
    private static final List<String> CLOSED =
            List.of("dynamodb" + "local", "dynamodb-" + "local", "dynamodb " + "local", "sqlite4" + "java");

    @Test
    void repository_nowhereNamesAServerThatIsNotOpenSource() throws IOException {
        for (String root :
                List.of("pom.xml", "README.md", "CHANGELOG.md", "Dockerfile", ".ci", "docs", "helm", "src")) {
            try (Stream<Path> files = Files.walk(Path.of(root))) {
                assertThat(files.filter(Files::isRegularFile).filter(OpenSourceTest::namesAClosedServer))
                        .isEmpty();
            }
        }
    }

    private static boolean namesAClosedServer(Path file) {
        try {
            // Binary files have no such words, but bytes that are no UTF-8.
            String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
            return CLOSED.stream().anyMatch(text::contains);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
