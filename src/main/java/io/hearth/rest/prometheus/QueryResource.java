package io.hearth.rest.prometheus;

import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.limits.RunningQueries;
import io.hearth.model.EpochMicros;
import io.hearth.promql.Evaluator;
import io.hearth.promql.Expr;
import io.hearth.promql.Parser;
import io.hearth.promql.PromQlException;
import io.hearth.promql.SeriesSink;
import io.hearth.promql.StepGrid;
import io.hearth.promql.ValueType;
import io.hearth.rest.param.LenientQuery;
import io.hearth.series.SeriesStore;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedHashMap;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.time.InstantSource;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Queries at one instant, and at the steps of a range. */
@Tag(name = "Prometheus")
@Requires(Right.ADMINISTER)
@Path("/prometheus/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@LenientQuery
public class QueryResource {
    /** As Prometheus: enough for a week by the minute. */
    static final long MAX_STEPS = 11_000;

    private final StoredSeries series;
    private final RunningQueries queries;
    private final InstantSource clock;

    @Inject
    public QueryResource(SeriesStore store, RunningQueries queries, InstantSource clock) {
        series = new StoredSeries(store);
        this.queries = queries;
        this.clock = clock;
    }

    @GET
    @Path("/query")
    @Operation(operationId = "prometheusQuery", summary = "A PromQL query at one instant, as Prometheus answers it")
    public Response query(UriInfo uri) {
        return instant(new Parameters(uri.getQueryParameters(), new MultivaluedHashMap<>()));
    }

    @POST
    @Path("/query")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(operationId = "prometheusQueryForm", summary = "A PromQL query at one instant, as a form")
    public Response query(UriInfo uri, MultivaluedMap<String, String> form) {
        return instant(new Parameters(uri.getQueryParameters(), form));
    }

    @GET
    @Path("/query_range")
    @Operation(
            operationId = "prometheusQueryRange",
            summary = "A PromQL query at the steps of a range, as Prometheus answers it")
    public Response queryRange(UriInfo uri) {
        return range(new Parameters(uri.getQueryParameters(), new MultivaluedHashMap<>()));
    }

    @POST
    @Path("/query_range")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(operationId = "prometheusQueryRangeForm", summary = "A PromQL query at the steps of a range, as a form")
    public Response queryRange(UriInfo uri, MultivaluedMap<String, String> form) {
        return range(new Parameters(uri.getQueryParameters(), form));
    }

    /** A well-formed query as it is: its layout is left to who wrote it. */
    @GET
    @Path("/format_query")
    @Operation(operationId = "prometheusFormatQuery", summary = "Checks a PromQL query")
    public Response formatQuery(UriInfo uri) {
        return formatted(new Parameters(uri.getQueryParameters(), new MultivaluedHashMap<>()));
    }

    @POST
    @Path("/format_query")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(operationId = "prometheusFormatQueryForm", summary = "Checks a PromQL query, as a form")
    public Response formatQuery(UriInfo uri, MultivaluedMap<String, String> form) {
        return formatted(new Parameters(uri.getQueryParameters(), form));
    }

    private static Response formatted(Parameters parameters) {
        expression(parameters);
        String query = parameters.first("query").strip();
        return Answer.of(out -> {
            out.jsonString(query);
            return false;
        });
    }

    private Response instant(Parameters parameters) {
        Expr expression = expression(parameters);
        long timeMicros = parameters.timeMicrosOr("time", nowMicros());
        long limit = parameters.limit();
        long lookbackMicros = lookbackMicros(parameters);
        return Answer.of(queries, parameters.timeout(), (out, budget) -> {
            Evaluator evaluator = new Evaluator(series, StepGrid.instant(timeMicros), lookbackMicros, budget);
            ResultWriter result = new ResultWriter(out, limit);
            result.begin(resultType(expression.type()));
            switch (expression.type()) {
                case VECTOR -> evaluator.vector(expression, result.vector(timeMicros));
                case RANGE -> evaluator.samples((Expr.RangeSelector) expression, result.samples());
                case SCALAR -> result.scalar(timeMicros, evaluator.scalar(expression)[0]);
                case STRING -> result.string(timeMicros, ((Expr.StringLiteral) expression).value());
            }
            return result.end();
        });
    }

    private Response range(Parameters parameters) {
        long startMicros = parameters.timeMicros("start");
        long endMicros = parameters.timeMicros("end");
        long stepMicros = parameters.durationMicros("step");
        if (endMicros < startMicros) {
            throw Parameters.invalid("end", "end timestamp must not be before start time");
        }
        if (stepMicros <= 0) {
            throw Parameters.invalid(
                    "step", "zero or negative query resolution step widths are not accepted. Try a positive integer");
        }
        if ((endMicros - startMicros) / stepMicros > MAX_STEPS) {
            throw new PromQlException(
                    PromQlException.Type.BAD_DATA,
                    "exceeded maximum resolution of 11,000 points per timeseries."
                            + " Try decreasing the query resolution (?step=XX)");
        }
        Expr expression = expression(parameters);
        if (expression.type() != ValueType.VECTOR && expression.type() != ValueType.SCALAR) {
            throw Parameters.invalid(
                    "query", "invalid expression type for range query, must be Scalar or instant Vector");
        }
        StepGrid grid = new StepGrid(startMicros, stepMicros, (int) ((endMicros - startMicros) / stepMicros) + 1);
        long lookbackMicros = lookbackMicros(parameters);
        Expr vector = expression.type() == ValueType.VECTOR ? expression : new Expr.VectorOf(expression);
        long limit = parameters.limit();
        return Answer.of(queries, parameters.timeout(), (out, budget) -> {
            ResultWriter result = new ResultWriter(out, limit);
            result.begin("matrix");
            Evaluator evaluator = new Evaluator(series, grid, lookbackMicros, budget);
            SeriesSink<IOException> matrix = result.matrix(grid);
            evaluator.vector(vector, (labels, values) -> {
                budget.checkTime();
                matrix.series(labels, values);
            });
            return result.end();
        });
    }

    private static long lookbackMicros(Parameters parameters) {
        long lookbackMicros = parameters.durationMicrosIfGiven("lookback_delta").orElse(Evaluator.LOOKBACK_MICROS);
        if (lookbackMicros <= 0) {
            throw Parameters.invalid("lookback_delta", "must be positive");
        }
        return lookbackMicros;
    }

    private static Expr expression(Parameters parameters) {
        try {
            return Parser.parse(parameters.first("query"));
        } catch (PromQlException e) {
            throw Parameters.invalid("query", e.getMessage());
        }
    }

    private static String resultType(ValueType type) {
        return switch (type) {
            case VECTOR -> "vector";
            case RANGE -> "matrix";
            case SCALAR -> "scalar";
            case STRING -> "string";
        };
    }

    private long nowMicros() {
        // Prometheus counts milliseconds.
        return EpochMicros.of(clock.instant()) / 1000 * 1000;
    }
}
