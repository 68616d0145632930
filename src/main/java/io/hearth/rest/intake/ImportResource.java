package io.hearth.rest.intake;

import io.hearth.codec.CsvReadings;
import io.hearth.codec.JsonLines;
import io.hearth.codec.LineFormat;
import io.hearth.codec.MalformedPayloadException;
import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.ingest.bulk.BulkResult;
import io.hearth.ingest.bulk.ImportFailedException;
import io.hearth.ingest.bulk.LineIntake;
import io.hearth.ingest.bulk.ParquetIntake;
import io.hearth.rest.http.RequestBodies;
import io.hearth.rest.http.UnpackedBody;
import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import io.hearth.route.UnboundedBody;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.NotSupportedException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestHeader;
import org.jspecify.annotations.Nullable;

/** Readings of many devices as a file, in the forms of an export. */
@Tag(name = "Export and import")
@Requires(Right.ADMINISTER)
@Path("/api/v1")
public class ImportResource {
    private static final int MAX_HEADER_BYTES = 256 * 1024;

    private final LineIntake lines;
    private final ParquetIntake parquet;
    private final RequestBodies bodies;
    private final LineFormat ndjson = new JsonLines();

    @Inject
    public ImportResource(LineIntake lines, ParquetIntake parquet, RequestBodies bodies) {
        this.bodies = bodies;
        this.lines = lines;
        this.parquet = parquet;
    }

    @POST
    @UnboundedBody
    @Path("/import")
    @Operation(
            operationId = "importReadings",
            summary = "Store the readings of a file: NDJSON, CSV or Parquet",
            description =
                    "What an export answers, or a file of one's own with the columns `device`, `ts`, `metric`, `value`"
                            + " (a point a row), or `device`, `ts` and a column per metric. Readings are known by device, time and"
                            + " metric, so importing a file twice doubles nothing.")
    @APIResponse(
            responseCode = "200",
            description = "What was stored, and the first 1,000 rows that could not be.",
            content = @Content(schema = @Schema(implementation = IngestAnswer.class)))
    @APIResponse(responseCode = "400", description = "The file is malformed, or none of it could be stored.")
    @APIResponse(
            responseCode = "413",
            description = "The Parquet file is larger than is allowed, or the body unpacks to more than it may.")
    @APIResponse(responseCode = "415", description = "The Content-Type is none of the three.")
    @Consumes({
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "text/csv",
        "application/vnd.apache.parquet",
        "application/x-parquet"
    })
    @Produces(MediaType.APPLICATION_JSON)
    public IngestAnswer store(
            @RestHeader(HttpHeaders.CONTENT_TYPE) @Nullable String contentType,
            @RestHeader(HttpHeaders.CONTENT_ENCODING) @Nullable String contentEncoding,
            InputStream body)
            throws IOException {
        if (contentType == null) {
            throw new NotSupportedException();
        }
        UnpackedBody unpacked = bodies.unpacked(body, contentEncoding);
        MediaType type = MediaType.valueOf(contentType);
        if (type.getSubtype().contains("parquet")) {
            return IngestAnswer.of(storeParquet(unpacked)).orProblem();
        }
        LineFormat format = type.getSubtype().equals("csv") ? csv(unpacked) : ndjson;
        return IngestAnswer.of(lines.store(format, unpacked)).orProblem();
    }

    private BulkResult storeParquet(UnpackedBody file) throws IOException {
        try {
            return parquet.store(file);
        } catch (ImportFailedException e) {
            throw switch (e.reason()) {
                case TOO_MANY -> new ProblemException(ProblemType.OVERLOADED, e.detail());
                case TOO_LARGE -> new ProblemException(ProblemType.PAYLOAD_TOO_LARGE, e.detail());
                case DAMAGED ->
                    new ProblemException(
                            ProblemType.INVALID_REQUEST, e.detail(), List.of(), Map.of("stored", e.stored()));
            };
        }
    }

    /** The format of the rows, as the header tells it. */
    private static LineFormat csv(UnpackedBody body) throws IOException {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        byte[] next = new byte[1];
        while (body.read(next, 0, 1) == 1 && next[0] != '\n') {
            header.write(next[0]);
            if (header.size() > MAX_HEADER_BYTES) {
                throw new ProblemException(
                        ProblemType.INVALID_REQUEST, "The header has more than " + MAX_HEADER_BYTES + " bytes.");
            }
        }
        try {
            return CsvReadings.below(header.toString(StandardCharsets.UTF_8));
        } catch (MalformedPayloadException e) {
            throw new ProblemException(ProblemType.INVALID_REQUEST, "CSV: " + e.getMessage());
        }
    }
}
