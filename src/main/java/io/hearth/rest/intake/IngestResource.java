package io.hearth.rest.intake;

import io.hearth.config.MqttConfig;
import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.ingest.Ingest;
import io.hearth.model.DeviceId;
import io.hearth.rest.http.UnpackedBody;
import io.hearth.rest.param.DeviceIdText;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Uni;
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
import org.jboss.resteasy.reactive.RestPath;
import org.jspecify.annotations.Nullable;

/** Readings of one device over HTTP, in the bodies that MQTT takes. */
@Tag(name = "Ingest")
@Requires(Right.ADMINISTER)
@Path("/api/v1")
public class IngestResource {
    private final Ingest ingest;
    private final int maxBodyBytes;

    @Inject
    public IngestResource(Ingest ingest, MqttConfig config) {
        this.ingest = ingest;
        maxBodyBytes = Math.toIntExact(config.maxPayload().asLongValue());
    }

    /** Answers when the readings are durable. */
    @POST
    @Path("/devices/{id}/readings")
    @Operation(
            operationId = "store",
            summary = "Store readings of a device",
            description = "One reading or an array of them, at most 256 KiB, also as gzip; the bodies that MQTT takes."
                    + " Answered when they are durable. A reading that is sent again with its `ts` is stored once.")
    @RequestBody(
            required = true,
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(type = SchemaType.OBJECT),
                            examples = {
                                @ExampleObject(name = "now", value = "{\"temperature\":21.5,\"motion\":true}"),
                                @ExampleObject(
                                        name = "batch",
                                        value = "[{\"ts\":\"2026-11-22T10:00:00Z\",\"values\":{\"temperature\":21.5}},"
                                                + "{\"ts\":1795341610,\"values\":{\"temperature\":21.6}}]")
                            }))
    @APIResponse(
            responseCode = "200",
            description = "At least one is durable.",
            content = @Content(schema = @Schema(implementation = IngestAnswer.class)))
    @APIResponse(responseCode = "400", description = "None could be stored; `rejected` says why.")
    @APIResponse(responseCode = "413", description = "The body is too large.")
    @APIResponse(responseCode = "415", description = "The body is not JSON.")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @Blocking
    public Uni<IngestAnswer> store(
            @RestPath @DeviceIdText String id,
            @RestHeader(HttpHeaders.CONTENT_ENCODING) @Nullable String contentEncoding,
            InputStream body)
            throws IOException {
        byte[] payload = UnpackedBody.of(body, contentEncoding).readWhole(maxBodyBytes);
        return ingest.ingest(new DeviceId(id), payload)
                .map(result -> IngestAnswer.of(result).orProblem());
    }
}
