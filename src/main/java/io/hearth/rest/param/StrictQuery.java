package io.hearth.rest.param;

import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.UriInfo;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.resteasy.reactive.RestQuery;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Refuses query parameters that a resource does not have, and repeated ones that are no list; {@link EmptyParameters} has removed empty ones. A slip like {@code form=-1h} would otherwise
 * be answered, with other data than was asked for.
 */
public final class StrictQuery {
    private final Map<Method, Map<String, Boolean>> known = new ConcurrentHashMap<>();

    @ServerRequestFilter
    public void check(ResourceInfo resource, UriInfo uri) {
        Map<String, List<String>> given = uri.getQueryParameters();
        if (given.isEmpty() || resource.getResourceClass().isAnnotationPresent(LenientQuery.class)) {
            return;
        }
        Map<String, Boolean> names = known.computeIfAbsent(resource.getResourceMethod(), StrictQuery::namesOf);
        List<FieldError> errors = new ArrayList<>();
        given.forEach((name, values) -> {
            Boolean repeatable = names.get(name);
            if (repeatable == null) {
                String all = names.isEmpty() ? "there are none here" : "there are " + String.join(", ", names.keySet());
                errors.add(new FieldError(name, "is not a parameter; " + all));
            } else if (values.size() > 1 && !repeatable) {
                errors.add(new FieldError(name, "is given " + values.size() + " times"));
            }
        });
        if (!errors.isEmpty()) {
            throw ProblemException.invalid(errors);
        }
    }

    /** The parameters of a method by name, and whether each may be repeated: that it is a list. */
    private static Map<String, Boolean> namesOf(Method method) {
        Map<String, Boolean> names = new TreeMap<>();
        for (Parameter parameter : method.getParameters()) {
            if (parameter.isAnnotationPresent(BeanParam.class)) {
                for (Field field : parameter.getType().getDeclaredFields()) {
                    addName(field, field.getName(), field.getType(), names);
                }
            } else {
                addName(parameter, parameter.getName(), parameter.getType(), names);
            }
        }
        return names;
    }

    private static void addName(AnnotatedElement element, String name, Class<?> type, Map<String, Boolean> names) {
        if (element.isAnnotationPresent(RestQuery.class)) {
            names.put(name, type == List.class);
        }
    }
}
