package io.hearth.rest.problem;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.route.AnswerBody;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/** Answers what no resource is there for, and what fails before one is reached, with problem details like the rest. */
@Singleton
public final class FallbackRoutes {
    private final ObjectMapper json;

    @Inject
    public FallbackRoutes(ObjectMapper json) {
        this.json = json;
    }

    void register(@Observes Router router) {
        router.errorHandler(
                400,
                context ->
                        end(context, new ProblemException(ProblemType.INVALID_REQUEST, "The request is malformed.")));
        router.errorHandler(
                404,
                context -> end(context, new ProblemException(ProblemType.NOT_FOUND, "There is nothing at this path.")));
        router.errorHandler(
                405,
                context -> end(
                        context,
                        new ProblemException(ProblemType.METHOD_NOT_ALLOWED, "This path does not take this method.")));
        router.errorHandler(
                413,
                context -> end(context, new ProblemException(ProblemType.PAYLOAD_TOO_LARGE, "The body is too large.")));
        router.errorHandler(500, context -> end(context, Failures.internal(context.failure())));
    }

    /** Ends the request with {@code failure}, or its connection if an answer has begun. */
    public void end(RoutingContext context, ProblemException failure) {
        HttpServerResponse response = context.response();
        if (response.ended()) {
            return;
        }
        if (response.headWritten()) {
            response.reset();
            return;
        }
        Problem problem = failure.problem(context.request().path());
        try {
            String body = json.writeValueAsString(problem);
            response.setStatusCode(problem.status()).putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE);
            AnswerBody.end(context, body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a problem is always writable", e);
        }
    }
}
