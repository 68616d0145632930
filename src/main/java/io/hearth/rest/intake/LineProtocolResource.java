package io.hearth.rest.intake;

import io.hearth.codec.EpochUnit;
import io.hearth.codec.LineFormat;
import io.hearth.codec.LineProtocol;
import io.hearth.config.LineProtocolConfig;
import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.ingest.bulk.LineIntake;
import io.hearth.rest.http.RequestBodies;
import io.hearth.rest.param.LenientQuery;
import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import io.hearth.route.UnboundedBody;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestHeader;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/**
 * What clients of InfluxDB write to, Telegraf before all: line protocol over the paths of its versions 1 and 2, with their
 * parameters and their answers. Databases, buckets and organisations are not told apart.
 */
@Tag(name = "InfluxDB")
@Requires(Right.ADMINISTER)
@Path("/")
@LenientQuery
public class LineProtocolResource {
    public static final String WRITE_V1 = "/write";
    public static final String WRITE_V2 = "/api/v2/write";

    private final LineIntake intake;
    private final RequestBodies bodies;
    private final LineProtocol protocol;
    private final LineProtocol.Naming naming;

    @Inject
    public LineProtocolResource(LineIntake intake, RequestBodies bodies, LineProtocolConfig config) {
        this.intake = intake;
        this.bodies = bodies;
        protocol = new LineProtocol(config.deviceTags());
        naming = LineProtocol.Naming.valueOf(config.metric().name());
    }

    /** Answers when every line is durable or refused. */
    @POST
    @UnboundedBody
    @Path(WRITE_V2)
    @Consumes(MediaType.WILDCARD)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "writeLines2",
            summary = "Store readings as InfluxDB line protocol, as clients of InfluxDB 2 write it",
            description =
                    "Answers 204 when every line is durable. If some cannot be stored, the others are, and 400 names"
                            + " them as InfluxDB does: `{\"code\":\"invalid\",\"message\":\"partial write: …\"}`.")
    @APIResponse(responseCode = "204", description = "Everything is durable.")
    public Response writeAsVersion2(
            @RestQuery
                    @Parameter(description = "The unit of timestamps: ns (without it), us, ms or s.", example = "ms")
                    @Nullable
                    String precision,
            @RestQuery
                    @Parameter(
                            description =
                                    "What metrics are called: field, or measurement_field; without it as the service"
                                            + " is set.")
                    @Nullable
                    String metric,
            @RestQuery @Parameter(description = "Taken and ignored.") @Nullable String bucket,
            @RestQuery @Parameter(description = "Taken and ignored.") @Nullable String org,
            @RestQuery @Parameter(description = "Taken and ignored.") @Nullable String orgID,
            @RestHeader(HttpHeaders.CONTENT_ENCODING) @Nullable String contentEncoding,
            InputStream body)
            throws IOException {
        EpochUnit unit = switch (precision == null ? "ns" : precision) {
            case "ns" -> EpochUnit.NANOSECONDS;
            case "us" -> EpochUnit.MICROSECONDS;
            case "ms" -> EpochUnit.MILLISECONDS;
            case "s" -> EpochUnit.SECONDS;
            default -> throw invalid("precision", "must be ns, us, ms or s");
        };
        LineWriteAnswer answer = write(protocol.format(unit, naming(metric)), contentEncoding, body);
        return answer.asVersion2();
    }

    /** Answers when every line is durable or refused. */
    @POST
    @UnboundedBody
    @Path(WRITE_V1)
    @Consumes(MediaType.WILDCARD)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "writeLines1",
            summary = "Store readings as InfluxDB line protocol, as clients of InfluxDB 1 write it",
            description =
                    "Answers 204 when every line is durable. If some cannot be stored, the others are, and 400 names"
                            + " them as InfluxDB does: `{\"error\":\"partial write: …\"}`.")
    @APIResponse(responseCode = "204", description = "Everything is durable.")
    public Response writeAsVersion1(
            @RestQuery
                    @Parameter(
                            description = "The unit of timestamps: n (without it), u, ms, s, m or h.",
                            example = "ms")
                    @Nullable
                    String precision,
            @RestQuery
                    @Parameter(
                            description =
                                    "What metrics are called: field, or measurement_field; without it as the service"
                                            + " is set.")
                    @Nullable
                    String metric,
            @RestQuery @Parameter(description = "Taken and ignored.") @Nullable String db,
            @RestQuery @Parameter(description = "Taken and ignored.") @Nullable String rp,
            @RestQuery @Parameter(description = "Taken and ignored.") @Nullable String consistency,
            @RestQuery @Parameter(description = "User name, which may be any.") @Nullable String u,
            @RestQuery @Parameter(description = "Taken and ignored: a token in a URL stands in logs.") @Nullable
                    String p,
            @RestHeader(HttpHeaders.CONTENT_ENCODING) @Nullable String contentEncoding,
            InputStream body)
            throws IOException {
        EpochUnit unit = switch (precision == null ? "n" : precision) {
            case "n", "ns" -> EpochUnit.NANOSECONDS;
            case "u", "us" -> EpochUnit.MICROSECONDS;
            case "ms" -> EpochUnit.MILLISECONDS;
            case "s" -> EpochUnit.SECONDS;
            case "m" -> EpochUnit.MINUTES;
            case "h" -> EpochUnit.HOURS;
            default -> throw invalid("precision", "must be n, u, ms, s, m or h");
        };
        LineWriteAnswer answer = write(protocol.format(unit, naming(metric)), contentEncoding, body);
        return answer.asVersion1();
    }

    private LineWriteAnswer write(LineFormat format, @Nullable String contentEncoding, InputStream body)
            throws IOException {
        return new LineWriteAnswer(IngestAnswer.of(intake.store(format, bodies.unpacked(body, contentEncoding))));
    }

    private LineProtocol.Naming naming(@Nullable String metric) {
        return switch (metric == null ? naming.name().toLowerCase(Locale.ROOT) : metric) {
            case "field" -> LineProtocol.Naming.FIELD;
            case "measurement_field" -> LineProtocol.Naming.MEASUREMENT_FIELD;
            default -> throw invalid("metric", "must be field or measurement_field");
        };
    }

    private static ProblemException invalid(String field, String message) {
        return ProblemException.invalid(new FieldError(field, message));
    }
}
