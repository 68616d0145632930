package io.hearth.deploy;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** A rendered object, read by paths such as {@code spec.template.spec}. */
record KubernetesObject(Map<String, Object> tree) {
    String kind() {
        return text("kind");
    }

    String name() {
        return text("metadata.name");
    }

    String text(String path) {
        return Objects.requireNonNull(at(path), () -> path + " is missing in " + tree)
                .toString();
    }

    Map<String, Object> map(String path) {
        return Chart.asMap(Objects.requireNonNull(at(path), () -> path + " is missing in " + tree));
    }

    /** The node at a path, null if there is none. */
    Object at(String path) {
        Object node = tree;
        for (String step : path.split("\\.", -1)) {
            node = node instanceof Map<?, ?> map ? map.get(step) : null;
        }
        return node;
    }

    /** The maps in the list at a path; none if there is no list. */
    List<KubernetesObject> list(String path) {
        return at(path) instanceof List<?> nodes
                ? nodes.stream().map(Chart::asMap).map(KubernetesObject::new).toList()
                : List.of();
    }

    /** The containers of the pods that this object makes, those of their start included. */
    List<KubernetesObject> containers() {
        return Stream.of("containers", "initContainers")
                .flatMap(list -> list("spec.template.spec." + list).stream())
                .toList();
    }

    boolean makesPods() {
        return at("spec.template.spec") != null;
    }

    JsonElement json() {
        return new Gson().toJsonTree(tree);
    }

    @Override
    public String toString() {
        return at("kind") + " " + at("metadata.name");
    }
}
