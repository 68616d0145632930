package io.hearth.rest.prometheus;

import io.hearth.promql.PromQlException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Locale;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Answers failed queries in Prometheus' shape, with its status for each type of failure. */
public final class PrometheusErrors {
    /** The body of a failure. */
    public record Failure(String status, String errorType, String error) {}

    @ServerExceptionMapper
    public Response failed(PromQlException failure) {
        int status = switch (failure.type()) {
            case BAD_DATA -> 400;
            case EXECUTION -> 422;
            case TIMEOUT -> 503;
            // Nobody reads it; as Prometheus has it in its log.
            case CANCELED -> 499;
            case INTERNAL -> 500;
        };
        String type = failure.type().name().toLowerCase(Locale.ROOT);
        return Response.status(status)
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(new Failure("error", type, String.valueOf(failure.getMessage())))
                .build();
    }
}
