package io.hearth.rest;

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
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.resteasy.reactive.RestQuery;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Refuses query parameters that a resource does not have, and repeated ones; {@link EmptyParameters} has removed empty ones. A slip like {@code form=-1h} would otherwise
 * be answered, with other data than was asked for.
 */
public final class StrictQuery {
    private final Map<Method, Set<String>> known = new ConcurrentHashMap<>();

    @ServerRequestFilter
    public void check(ResourceInfo resource, UriInfo uri) {
        Map<String, List<String>> given = uri.getQueryParameters();
        if (given.isEmpty() || resource.getResourceClass().isAnnotationPresent(LenientQuery.class)) {
            return;
        }
        Set<String> names = known.computeIfAbsent(resource.getResourceMethod(), StrictQuery::namesOf);
        List<FieldError> errors = new ArrayList<>();
        given.forEach((name, values) -> {
            if (!names.contains(name)) {
                String all = names.isEmpty() ? "there are none here" : "there are " + String.join(", ", names);
                errors.add(new FieldError(name, "is not a parameter; " + all));
            } else if (values.size() > 1) {
                errors.add(new FieldError(name, "is given " + values.size() + " times"));
            }
        });
        if (!errors.isEmpty()) {
            throw ProblemException.invalid(errors);
        }
    }

    private static Set<String> namesOf(Method method) {
        Set<String> names = new TreeSet<>();
        for (Parameter parameter : method.getParameters()) {
            if (parameter.isAnnotationPresent(BeanParam.class)) {
                for (Field field : parameter.getType().getDeclaredFields()) {
                    addName(field, field.getName(), names);
                }
            } else {
                addName(parameter, parameter.getName(), names);
            }
        }
        return names;
    }

    private static void addName(AnnotatedElement element, String name, Set<String> names) {
        if (element.isAnnotationPresent(RestQuery.class)) {
            names.add(name);
        }
    }
}
