package io.hearth.deploy;

import com.marcnuri.helm.Helm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The Helm chart as a real Helm renders it. */
final class Chart {
    static final Path DIRECTORY = Path.of("helm", "hearth");

    private final Path copy;

    private Chart(Path copy) {
        this.copy = copy;
    }

    /**
     * Copies the chart without its kubeVersion: this Helm takes the cluster for a Kubernetes 1.20 and cannot be told
     * otherwise.
     */
    static Chart copyTo(Path directory) throws IOException {
        Path copy = directory.resolve("hearth");
        try (Stream<Path> files = Files.walk(DIRECTORY, FileVisitOption.FOLLOW_LINKS)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = copy.resolve(DIRECTORY.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
        Path description = copy.resolve("Chart.yaml");
        Files.writeString(description, Files.readString(description).replaceFirst("(?m)^kubeVersion: .*$", ""));
        return new Chart(copy);
    }

    static List<Path> examples() {
        try (Stream<Path> files = Files.list(DIRECTORY.resolve("examples"))) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The objects that the chart makes of these values. */
    List<KubernetesObject> render(Path values) {
        String text = new Helm(copy)
                .template()
                .withName("home")
                .withNamespace("iot")
                .withValuesFile(values)
                .call();
        List<KubernetesObject> objects = new ArrayList<>();
        for (Object document : yaml().loadAll(text)) {
            if (document != null) {
                objects.add(new KubernetesObject(asMap(document)));
            }
        }
        return objects;
    }

    /** The objects that the chart makes of these values, given as YAML. */
    List<KubernetesObject> render(String values) throws IOException {
        Path file = Files.createTempFile(copy.getParent(), "values", ".yaml");
        return render(Files.writeString(file, values));
    }

    static List<Object> documentsOf(Path file) throws IOException {
        return StreamSupport.stream(yaml().loadAll(Files.readString(file)).spliterator(), false)
                .toList();
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> asMap(Object node) {
        return (Map<String, Object>) node;
    }

    private static Yaml yaml() {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        return new Yaml(new SafeConstructor(options));
    }
}
