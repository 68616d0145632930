package io.hearth.rest;

import io.hearth.ingest.Ingest;
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
import org.jspecify.annotations.Nullable;

/** Readings of many devices as a stream of lines, of any length, for gateways and imports. */
@Path("/api/v1")
public class BatchResource {
    static final String PATH = "/api/v1/readings:batch";

    private final Ingest ingest;

    @Inject
    public BatchResource(Ingest ingest) {
        this.ingest = ingest;
    }

    /** Answers when the whole stream has been read and everything in it is durable or rejected. */
    @POST
    @Path("/readings:batch")
    @Consumes({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
    @Produces(MediaType.APPLICATION_JSON)
    public IngestAnswer store(
            @RestHeader(HttpHeaders.CONTENT_ENCODING) @Nullable String contentEncoding, InputStream body)
            throws IOException {
        BatchRun run = new BatchRun(ingest);
        run.process(RequestBody.of(body, contentEncoding));
        return run.answer().orProblem();
    }
}
