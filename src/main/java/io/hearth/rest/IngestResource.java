package io.hearth.rest;

import io.hearth.config.MqttConfig;
import io.hearth.ingest.Ingest;
import io.hearth.model.DeviceId;
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
import org.jboss.resteasy.reactive.RestHeader;
import org.jboss.resteasy.reactive.RestPath;
import org.jspecify.annotations.Nullable;

/** Readings of one device over HTTP, in the bodies that MQTT takes. */
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
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @Blocking
    public Uni<IngestAnswer> store(
            @RestPath @DeviceIdText String id,
            @RestHeader(HttpHeaders.CONTENT_ENCODING) @Nullable String contentEncoding,
            InputStream body)
            throws IOException {
        byte[] payload = RequestBody.of(body, contentEncoding).readWhole(maxBodyBytes);
        return ingest.ingest(new DeviceId(id), payload)
                .map(result -> IngestAnswer.of(result).orProblem());
    }
}
