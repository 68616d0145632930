package io.hearth.rest.http;

import io.hearth.rest.problem.FallbackRoutes;
import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import io.hearth.route.Routes;
import io.quarkus.vertx.http.runtime.VertxHttpRecorder;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/**
 * Bounds what a request may send, in place of {@code quarkus.http.limits.max-body-size}, which knows no exception: a route
 * with {@link io.hearth.route.UnboundedBody} has no bound. Resources with a smaller one check it themselves.
 */
@Singleton
public class BodyLimit {
    private static final int BEHIND_THE_GATE = 1_000;
    private static final long MAX_BODY_BYTES = 1 << 20;

    private final FallbackRoutes problems;
    private final Routes routes;

    @Inject
    public BodyLimit(FallbackRoutes problems, Routes routes) {
        this.problems = problems;
        this.routes = routes;
    }

    void register(@Observes Filters filters) {
        filters.register(this::check, BEHIND_THE_GATE);
    }

    private void check(RoutingContext context) {
        HttpServerRequest request = context.request();
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        // The HTTP codec has refused what is not a number; a body without a length is counted as it is read.
        boolean isTooLarge = length != null && Long.parseLong(length) > MAX_BODY_BYTES;
        boolean mayBeTooLarge = isTooLarge || length == null && !isReading(request.method());
        if (mayBeTooLarge && routes.mayHaveUnboundedBody(context.normalizedPath())) {
            context.next();
            return;
        }
        if (isTooLarge) {
            problems.end(
                    context,
                    new ProblemException(
                            ProblemType.PAYLOAD_TOO_LARGE,
                            "A body here may have at most " + MAX_BODY_BYTES + " bytes."));
            return;
        }
        context.put(VertxHttpRecorder.MAX_REQUEST_SIZE_KEY, MAX_BODY_BYTES);
        context.next();
    }

    private static boolean isReading(HttpMethod method) {
        return method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
    }
}
