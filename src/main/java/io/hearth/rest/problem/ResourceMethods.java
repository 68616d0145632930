package io.hearth.rest.problem;

import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which methods each path takes, for the Allow header that goes with 405 (RFC 9110, section 15.5.6): the framework refuses
 * the method, but does not say which it would take.
 */
@Singleton
public class ResourceMethods {
    /** {@code {name}} or {@code {name:regex}}. */
    private static final Pattern PARAMETER = Pattern.compile("\\{[^}:]+(?::([^}]+))?}");

    private record Route(Pattern path, String method) {}

    private final BeanManager beans;
    private @Nullable List<Route> routes;

    @Inject
    public ResourceMethods(BeanManager beans) {
        this.beans = beans;
    }

    /** The methods that resources take at {@code path}, which may be percent-encoded. */
    Set<String> of(String path) {
        Set<String> methods = new TreeSet<>(Set.of("OPTIONS"));
        for (Route route : routes()) {
            if (route.path.matcher(path).matches()) {
                methods.add(route.method);
                if (route.method.equals("GET")) {
                    methods.add("HEAD");
                }
            }
        }
        return methods;
    }

    /** Looked up when it is first needed, as start-up need not wait for it. */
    private synchronized List<Route> routes() {
        if (routes == null) {
            List<Route> found = new ArrayList<>();
            for (Bean<?> bean : beans.getBeans(Object.class, Any.Literal.INSTANCE)) {
                Path root = bean.getBeanClass().getAnnotation(Path.class);
                if (root != null) {
                    for (Method method : bean.getBeanClass().getDeclaredMethods()) {
                        addRoute(root, method, found);
                    }
                }
            }
            routes = found;
        }
        return routes;
    }

    private static void addRoute(Path root, Method method, List<Route> target) {
        for (Annotation annotation : method.getAnnotations()) {
            HttpMethod httpMethod = annotation.annotationType().getAnnotation(HttpMethod.class);
            if (httpMethod != null) {
                Path path = method.getAnnotation(Path.class);
                String whole = root.value() + (path == null ? "" : path.value());
                target.add(new Route(
                        Pattern.compile(PARAMETER
                                .matcher(whole)
                                .replaceAll(parameter -> parameter.group(1) == null ? "[^/]+" : parameter.group(1))),
                        httpMethod.value()));
            }
        }
    }
}
