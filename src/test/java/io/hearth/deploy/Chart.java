package io.hearth.deploy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The Helm chart as a real Helm renders it. */
public final class Chart {
    static final Path DIRECTORY = Path.of("helm", "hearth");

    private final Path copy;

    private Chart(Path copy) {
        this.copy = copy;
    }

    /**
     * Copies the chart without its kubeVersion: this Helm takes the cluster for a Kubernetes 1.20 and cannot be told
     * otherwise. Nor can it do without a cluster where a template looks for an installed object, so the copy looks for the
     * files of {@link #install} instead.
     */
    public static Chart copyTo(Path directory) throws IOException {
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
        Path upgrade = copy.resolve("templates/_upgrade.tpl");
        Files.writeString(
                upgrade,
                Files.readString(upgrade)
                        .replaceAll(
                                "lookup \"apps/v1\" (\\S+) \\S+ (\\(.*?\\)|\\S+) -}}",
                                "default \"{}\" (\\$.Files.Get (printf \"installed/%s-%s.json\" $1 $2)) | fromJson -}}"));
        return new Chart(copy);
    }

    public static List<Path> examples() {
        try (Stream<Path> files = Files.list(DIRECTORY.resolve("examples"))) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The chart in the directory of a parent, which has it as a dependency under {@code charts}. */
    static Chart dependencyOf(Path parent) throws IOException {
        copyTo(parent.resolve("charts"));
        Files.writeString(parent.resolve("Chart.yaml"), """
                apiVersion: v2
                name: parent
                version: 1.0.0
                dependencies: [{name: hearth, version: 0.1.0, condition: hearth.enabled}]
                """);
        Path own = Files.createDirectories(parent.resolve("templates")).resolve("own.yaml");
        Files.writeString(own, "{apiVersion: v1, kind: ConfigMap, metadata: {name: own}}");
        return new Chart(parent);
    }

    /** Has the chart find these objects in the cluster. */
    void install(List<KubernetesObject> objects) throws IOException {
        for (KubernetesObject object : objects) {
            Path file = copy.resolve("installed/%s-%s.json".formatted(object.kind(), object.name()));
            Files.createDirectories(file.getParent());
            Files.writeString(file, object.json().toString());
        }
    }

    /** The objects that the chart makes of these values. */
    List<KubernetesObject> render(Path values) {
        return render("home", values);
    }

    /** The objects that the chart makes for a release of this name. */
    List<KubernetesObject> render(String release, Path values) {
        return render(release, values, Map.of());
    }

    private List<KubernetesObject> render(String release, Path values, Map<String, String> sets) {
        TemplateCommand template =
                new Helm(copy).template().withName(release).withNamespace("iot").withValuesFile(values);
        sets.forEach(template::set);
        String text = template.call();
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
        return render("home", values);
    }

    List<KubernetesObject> render(String release, String values) throws IOException {
        return render(release, valuesFile(values));
    }

    private Path valuesFile(String values) throws IOException {
        return Files.writeString(Files.createTempFile(copy.getParent(), "values", ".yaml"), values);
    }

    /**
     * The environment of Hearth's container that the chart makes of these values.
     *
     * @param values as YAML
     * @param sets values that go before those, by their paths, as {@code --set} does
     * @param elsewhere what a variable gets whose value is in a secret, or comes from the cluster
     */
    public Map<String, String> environment(String values, Map<String, String> sets, String elsewhere)
            throws IOException {
        Map<String, String> environment = new HashMap<>();
        render("home", valuesFile(values), sets).stream()
                .filter(KubernetesObject::makesPods)
                .flatMap(maker -> maker.containers().stream())
                .filter(container -> container.text("name").equals("hearth"))
                .flatMap(container -> container.list("env").stream())
                .forEach(variable -> environment.put(
                        variable.text("name"),
                        variable.tree()
                                .getOrDefault("value", elsewhere)
                                .toString()
                                .replaceAll("\\$\\([A-Z0-9_]+\\)", elsewhere)));
        return environment;
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
