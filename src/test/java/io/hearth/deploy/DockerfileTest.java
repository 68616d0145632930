package io.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What can be said of the image without building it: its steps are run by hand, as the build has no container engine. */
class DockerfileTest {
    /** Instructions, those of several lines joined. */
    private static final List<String> INSTRUCTIONS = instructions();

    @Test
    void stages_areOfTemurin25ByTag() {
        assertThat(of("FROM"))
                .hasSize(2)
                .allMatch(from -> from.matches("eclipse-temurin:25-j(dk|re)-noble( AS build)?"));
    }

    @Test
    void everyCopiedFile_isThereAndNotIgnored() throws IOException {
        List<String> sent = Files.readAllLines(Path.of(".dockerignore"));
        List<String> sources = of("COPY").stream()
                .filter(copy -> !copy.startsWith("--from="))
                .flatMap(copy -> {
                    List<String> words = Arrays.asList(copy.split(" +"));
                    return words.subList(0, words.size() - 1).stream();
                })
                .toList();

        assertThat(sent).first().isEqualTo("*");
        assertThat(sources).contains("pom.xml", "src/main", "src/docker/java.options");
        assertThat(sources).allSatisfy(source -> {
            assertThat(Path.of(source)).exists();
            assertThat(sent)
                    .anyMatch(line -> line.startsWith("!") && (source + "/").startsWith(line.substring(1) + "/"));
        });
    }

    /** A cache of the JVM fits only the options and the path of the jar that it was made with. */
    @Test
    void cache_isMadeAndUsedTheSameWay() throws IOException {
        String script = Files.readString(Path.of("src/docker/make-aot-cache.sh"));

        assertThat(of("WORKDIR")).last().isEqualTo("/opt/hearth");
        assertThat(script).contains("java @java.options -XX:AOTCacheOutput=hearth.aot -jar \"$PWD/quarkus-run.jar\"");
        assertThat(of("ENTRYPOINT"))
                .containsExactly("[\"java\", \"@/opt/hearth/java.options\", \"-XX:AOTCache=/opt/hearth/hearth.aot\","
                        + " \"-jar\", \"/opt/hearth/quarkus-run.jar\"]");
        assertThat(Files.isExecutable(Path.of("src/docker/make-aot-cache.sh"))).isTrue();
    }

    @Test
    void service_runsAsTheUserOfTheChart() throws IOException {
        String pod = Files.readString(Chart.DIRECTORY.resolve("templates/_pod.tpl"));

        assertThat(of("USER")).containsExactly("10001:10001");
        assertThat(pod).contains("runAsUser: 10001", "runAsGroup: 10001", "mountPath: /var/lib/hearth");
        assertThat(of("VOLUME")).containsExactly("/var/lib/hearth");
    }

    private static List<String> of(String instruction) {
        return INSTRUCTIONS.stream()
                .filter(line -> line.startsWith(instruction + " "))
                .map(line -> line.substring(instruction.length() + 1))
                .toList();
    }

    private static List<String> instructions() {
        try {
            String text = Files.readString(Path.of("Dockerfile")).replaceAll("\\\\\\R\\s*", "");
            return text.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
