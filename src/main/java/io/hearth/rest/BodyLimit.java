package io.hearth.rest;

import io.hearth.rest.intake.BatchResource;
import io.hearth.rest.intake.ImportResource;
import io.hearth.rest.intake.LineProtocolResource;
import io.hearth.rest.problem.FallbackRoutes;
import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import io.quarkus.vertx.http.runtime.VertxHttpRecorder;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Set;

/**
 * Bounds what a request may send, in place of {@code quarkus.http.limits.max-body-size}, which knows no exception: streams
 * of readings are processed as they come and have no bound. Resources with a smaller one check it themselves.
 */
@Singleton
public class BodyLimit {
    private static final int BEHIND_THE_GATE = 1_000;
    private static final long MAX_BODY_BYTES = 1 << 20;

    private static final Set<String> STREAMS = Set.of(
            BatchResource.PATH, ImportResource.PATH, LineProtocolResource.WRITE_V1, LineProtocolResource.WRITE_V2);

    private final FallbackRoutes problems;

    @Inject
    public BodyLimit(FallbackRoutes problems) {
        this.problems = problems;
    }

    void register(@Observes Filters filters) {
        filters.register(this::check, BEHIND_THE_GATE);
    }

    private void check(RoutingContext context) {
        if (STREAMS.contains(context.normalizedPath())) {
            context.next();
            return;
        }
        String length = context.request().getHeader(HttpHeaders.CONTENT_LENGTH);
        // The HTTP codec has refused what is not a number; a body without a length is counted as it is read.
        if (length != null && Long.parseLong(length) > MAX_BODY_BYTES) {
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
}
