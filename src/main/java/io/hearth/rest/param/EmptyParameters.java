package io.hearth.rest.param;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;

/**
 * Takes empty query parameters for absent ones, on every path: {@code ?precision=} is what many clients send for a setting that
 * they leave out. Among several values of a parameter only the empty ones go.
 */
@Singleton
public class EmptyParameters {
    private static final int BEHIND_THE_GATE = 1_000;

    void register(@Observes Filters filters) {
        filters.register(EmptyParameters::remove, BEHIND_THE_GATE);
    }

    private static void remove(RoutingContext context) {
        String query = context.request().query();
        if (query != null && !query.isEmpty()) {
            removeEmpty(context.queryParams());
        }
        context.next();
    }

    private static void removeEmpty(MultiMap parameters) {
        for (String name : List.copyOf(parameters.names())) {
            List<String> values = parameters.getAll(name);
            if (values.contains("")) {
                parameters.set(
                        name, values.stream().filter(value -> !value.isEmpty()).toList());
            }
        }
    }
}
