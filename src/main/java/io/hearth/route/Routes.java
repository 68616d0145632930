package io.hearth.route;

import io.hearth.identity.Requires;
import io.hearth.identity.Right;
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
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the routes of all resources say of themselves, for what is decided before a resource is reached. */
@Singleton
public class Routes {
    /** {@code {name}} or {@code {name:regex}}. */
    private static final Pattern PARAMETER = Pattern.compile("\\{[^}:]+(?::([^}]+))?}");

    private record Route(Pattern path, String method, Right right, boolean hasUnboundedBody) {}

    private final Supplier<List<Class<?>>> resources;
    private @Nullable List<Route> routes;

    @Inject
    public Routes(BeanManager beans) {
        this(() -> resourcesAmong(beans));
    }

    Routes(Supplier<List<Class<?>>> resources) {
        this.resources = resources;
    }

    /**
     * The methods that resources take at {@code path}, which may be percent-encoded, for the Allow header that goes with 405
     * (RFC 9110, section 15.5.6): the framework refuses the method, but does not say which it would take.
     */
    public Set<String> methodsAt(String path) {
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

    /** The right that a request takes; {@link Right#ADMINISTER} where no route says another one. */
    public Right rightFor(String method, String path) {
        String declared = method.equals("HEAD") ? "GET" : method;
        Right right = null;
        for (Route route : routes()) {
            if (route.method.equals(declared) && route.path.matcher(path).matches()) {
                right = right == null || right == route.right ? route.right : Right.ADMINISTER;
            }
        }
        return right == null ? Right.ADMINISTER : right;
    }

    /** Whether a route at {@code path} is {@link UnboundedBody}. */
    public boolean mayHaveUnboundedBody(String path) {
        for (Route route : routes()) {
            if (route.hasUnboundedBody && route.path.matcher(path).matches()) {
                return true;
            }
        }
        return false;
    }

    /** Looked up when it is first needed, as start-up need not wait for it. */
    private synchronized List<Route> routes() {
        if (routes == null) {
            List<Route> found = new ArrayList<>();
            for (Class<?> resource : resources.get()) {
                for (Method method : resource.getDeclaredMethods()) {
                    addRoute(resource, method, found);
                }
            }
            routes = List.copyOf(found);
        }
        return routes;
    }

    private static List<Class<?>> resourcesAmong(BeanManager beans) {
        List<Class<?>> resources = new ArrayList<>();
        for (Bean<?> bean : beans.getBeans(Object.class, Any.Literal.INSTANCE)) {
            if (bean.getBeanClass().isAnnotationPresent(Path.class)) {
                resources.add(bean.getBeanClass());
            }
        }
        return resources;
    }

    private static void addRoute(Class<?> resource, Method method, List<Route> target) {
        for (Annotation annotation : method.getAnnotations()) {
            HttpMethod httpMethod = annotation.annotationType().getAnnotation(HttpMethod.class);
            if (httpMethod != null) {
                String path = pathOf(resource, method);
                target.add(new Route(
                        Pattern.compile(PARAMETER
                                .matcher(path)
                                .replaceAll(parameter -> parameter.group(1) == null ? "[^/]+" : parameter.group(1))),
                        httpMethod.value(),
                        rightOf(resource, method),
                        method.isAnnotationPresent(UnboundedBody.class)));
            }
        }
    }

    private static String pathOf(Class<?> resource, Method method) {
        String root = resource.getAnnotation(Path.class).value();
        Path path = method.getAnnotation(Path.class);
        return path == null ? root : (root + path.value()).replace("//", "/");
    }

    private static Right rightOf(Class<?> resource, Method method) {
        Requires declared = method.getAnnotation(Requires.class);
        if (declared == null) {
            declared = resource.getAnnotation(Requires.class);
        }
        return declared == null ? Right.ADMINISTER : declared.value();
    }
}
