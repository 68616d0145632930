package io.hearth.rest.problem;

import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.hearth.limits.QueryRefusedException;
import io.hearth.route.Routes;
import io.hearth.table.InvalidCursorException;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.ThrottledException;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ConstraintViolationException;
import jakarta.validation.Path;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jboss.resteasy.reactive.server.handlers.FormBodyHandler;
import org.jboss.resteasy.reactive.server.handlers.MediaTypeMapper;
import org.jboss.resteasy.reactive.server.handlers.RequestDeserializeHandler;

/** Turns what a resource fails with into problem details. */
@Singleton
public class Failures {
    private static final Logger LOG = Logger.getLogger(Failures.class);
    private static final int RETRY_AFTER_SECONDS = 1;

    /** The handlers of the framework that read a request, before any code of ours. */
    private static final Set<String> READERS = Set.of(
            MediaTypeMapper.class.getName(),
            FormBodyHandler.class.getName(),
            RequestDeserializeHandler.class.getName());

    private final Routes routes;

    @Inject
    public Failures(Routes routes) {
        this.routes = routes;
    }

    @ServerExceptionMapper
    public Response problem(ProblemException failure, HttpServerRequest request) {
        return answer(failure, request).build();
    }

    /** Every violated constraint of the parameters, by field. */
    @ServerExceptionMapper
    public Response invalid(ConstraintViolationException failure, HttpServerRequest request) {
        List<FieldError> errors = failure.getConstraintViolations().stream()
                .map(violation -> new FieldError(fieldOf(violation), violation.getMessage()))
                .sorted(Comparator.comparing(FieldError::field).thenComparing(FieldError::message))
                .toList();
        return answer(ProblemException.invalid(errors), request).build();
    }

    @ServerExceptionMapper
    public Response throttled(ThrottledException failure, HttpServerRequest request) {
        return overloaded(request);
    }

    @ServerExceptionMapper
    public Response outcomeUnknown(OutcomeUnknownException failure, HttpServerRequest request) {
        return overloaded(request);
    }

    /** An answer that did not get its part of the memory of all queries, or not in time. */
    @ServerExceptionMapper
    public Response queryRefused(QueryRefusedException failure, HttpServerRequest request) {
        boolean tooLarge = failure.reason() == QueryRefusedException.Reason.TOO_LARGE;
        ProblemException problem = new ProblemException(
                tooLarge ? ProblemType.QUERY_TOO_LARGE : ProblemType.OVERLOADED, failure.getMessage() + ".");
        return answer(problem, request).build();
    }

    @ServerExceptionMapper
    public Response invalidCursor(InvalidCursorException failure, HttpServerRequest request) {
        return answer(ProblemException.invalid(new FieldError("cursor", "is not a cursor of this list")), request)
                .build();
    }

    /** What the framework refuses: no such resource, method, media type. */
    @ServerExceptionMapper
    public Response refused(WebApplicationException failure, HttpServerRequest request) {
        Response refusal = failure.getResponse();
        ProblemException problem = switch (refusal.getStatus()) {
            case 404 -> new ProblemException(ProblemType.NOT_FOUND, "There is nothing at this path.");
            case 405 ->
                new ProblemException(
                        ProblemType.METHOD_NOT_ALLOWED, "This path does not take this method; Allow lists which.");
            case 406 ->
                new ProblemException(ProblemType.NOT_ACCEPTABLE, "None of the media types of Accept can be answered.");
            case 413 -> new ProblemException(ProblemType.PAYLOAD_TOO_LARGE, "The body is too large.");
            case 415 ->
                new ProblemException(
                        ProblemType.UNSUPPORTED_MEDIA_TYPE, "The body's Content-Type is not one that this path takes.");
            default -> {
                if (refusal.getStatus() >= 500) {
                    yield internal(failure);
                }
                yield new ProblemException(ProblemType.INVALID_REQUEST, "The request is malformed.");
            }
        };
        Response.ResponseBuilder answer = answer(problem, request);
        return refusal.getStatus() == 405
                ? answer.header(HttpHeaders.ALLOW, String.join(", ", routes.methodsAt(request.path())))
                        .build()
                : answer.build();
    }

    /** A body that is JSON, but not of the form that it must have. Names the field. */
    @ServerExceptionMapper
    public Response unfit(MismatchedInputException failure, HttpServerRequest request) {
        String field = failure.getPath().stream()
                .map(JsonMappingException.Reference::getFieldName)
                .filter(Objects::nonNull)
                .collect(Collectors.joining("."));
        FieldError error = field.isEmpty()
                ? new FieldError("body", "is not of the form that it must have")
                : new FieldError(field, "is not of the type that it must have");
        return answer(ProblemException.invalid(error), request).build();
    }

    /**
     * What the framework cannot read of a request, a Content-Type or a form, it tells by an exception that is not one of its own, and
     * that would pass for a failure inside.
     */
    @ServerExceptionMapper
    public Response unreadable(IllegalArgumentException failure, HttpServerRequest request) {
        for (StackTraceElement frame : failure.getStackTrace()) {
            if (frame.getClassName().startsWith("io.hearth.")) {
                break;
            }
            if (READERS.contains(frame.getClassName())) {
                return answer(
                                new ProblemException(
                                        ProblemType.INVALID_REQUEST,
                                        "The Content-Type is malformed, or the body is not of that type."),
                                request)
                        .build();
            }
        }
        return failed(failure, request);
    }

    @ServerExceptionMapper
    public Response failed(Exception failure, HttpServerRequest request) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            // Wrapped when the table went on refusing until it was given up.
            if (cause instanceof ThrottledException || cause instanceof OutcomeUnknownException) {
                return overloaded(request);
            }
        }
        ProblemException problem = Damage.metBy(failure)
                .map(damage ->
                        new ProblemException(ProblemType.DAMAGED_DATA, damage + " What does not need it is answered."))
                .orElseGet(() -> internal(failure));
        return answer(problem, request).build();
    }

    private static Response overloaded(HttpServerRequest request) {
        ProblemException problem = new ProblemException(
                ProblemType.OVERLOADED,
                "The table cannot keep up, and some of this request may not be stored. Send it again; readings with a time"
                        + " of their own are not doubled by that.");
        return answer(problem, request).build();
    }

    /** Logs {@code failure} under an id and tells the caller only that id. */
    static ProblemException internal(Throwable failure) {
        String id = UUID.randomUUID().toString();
        LOG.errorf(failure, "request failed, id %s", id);
        return new ProblemException(
                ProblemType.INTERNAL_ERROR,
                "Something failed inside; the service's log has it under the id.",
                List.of(),
                Map.of("id", id));
    }

    private static Response.ResponseBuilder answer(ProblemException failure, HttpServerRequest request) {
        Problem problem = failure.problem(request.path());
        Response.ResponseBuilder answer =
                Response.status(problem.status()).type(Problem.MEDIA_TYPE).entity(problem);
        return problem.status() == ProblemType.OVERLOADED.status()
                ? answer.header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS)
                : answer;
    }

    private static String fieldOf(ConstraintViolation<?> violation) {
        String field = "";
        for (Path.Node node : violation.getPropertyPath()) {
            field = node.getName() == null ? field : node.getName();
        }
        return field;
    }
}
