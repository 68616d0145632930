package io.hearth.rest.intake;

import io.hearth.codec.JsonLines;
import io.hearth.codec.LineFormat;
import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.ingest.bulk.LineIntake;
import io.hearth.rest.http.RequestBodies;
import io.hearth.route.UnboundedBody;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestHeader;
import org.jspecify.annotations.Nullable;

/** Readings of many devices as a stream of lines, of any length, for gateways and imports. */
@Tag(name = "Ingest")
@Requires(Right.ADMINISTER)
@Path("/api/v1")
public class BatchResource {
    private final LineIntake intake;
    private final RequestBodies bodies;
    private final LineFormat lines = new JsonLines();

    @Inject
    public BatchResource(LineIntake intake, RequestBodies bodies) {
        this.intake = intake;
        this.bodies = bodies;
    }

    /** Answers when the whole stream has been read and everything in it is durable or rejected. */
    @POST
    @UnboundedBody
    @Path("/readings:batch")
    @Operation(
            operationId = "storeBatch",
            summary = "Store a stream of readings of many devices",
            description =
                    "A reading a line, of any length in all, also as gzip; a line has at most 256 KiB. Taken no faster"
                            + " than it can be stored, and answered when all of it is durable or rejected.")
    @RequestBody(
            required = true,
            content =
                    @Content(
                            mediaType = "application/x-ndjson",
                            schema = @Schema(type = SchemaType.STRING),
                            examples =
                                    @ExampleObject(
                                            name = "lines",
                                            value = "{\"device\":\"thermostat-1\",\"ts\":\"2026-11-22T10:00:00Z\","
                                                    + "\"values\":{\"temperature\":21.5}}\n"
                                                    + "{\"device\":\"plug-2\",\"values\":{\"power\":12.5}}\n")))
    @APIResponse(
            responseCode = "200",
            description = "What was stored, and the first 1,000 lines that could not be.",
            content = @Content(schema = @Schema(implementation = IngestAnswer.class)))
    @APIResponse(responseCode = "400", description = "None could be stored; `rejected` says why.")
    @APIResponse(responseCode = "413", description = "The body unpacks to more than it may.")
    @APIResponse(responseCode = "415", description = "The body is not NDJSON.")
    @Consumes({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
    @Produces(MediaType.APPLICATION_JSON)
    public IngestAnswer store(
            @RestHeader(HttpHeaders.CONTENT_ENCODING) @Nullable String contentEncoding, InputStream body)
            throws IOException {
        return IngestAnswer.of(intake.store(lines, bodies.unpacked(body, contentEncoding)))
                .orProblem();
    }
}
