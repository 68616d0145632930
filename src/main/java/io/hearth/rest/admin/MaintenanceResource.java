package io.hearth.rest.admin;

import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.model.EpochMicros;
import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import io.hearth.series.Sealing;
import io.hearth.series.value.SealResult;
import io.hearth.table.Blocking;
import io.hearth.table.Table;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What operators may want to happen now rather than by itself. */
@Tag(name = "Maintenance")
@Requires(Right.ADMINISTER)
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
public class MaintenanceResource {
    private final Sealing sealing;
    private final Table table;
    private final InstantSource clock;
    private final AtomicBoolean running = new AtomicBoolean();

    @Inject
    public MaintenanceResource(Sealing sealing, Table table, InstantSource clock) {
        this.sealing = sealing;
        this.table = table;
        this.clock = clock;
    }

    @POST
    @Path("/maintenance:seal")
    @Operation(
            operationId = "seal",
            summary = "Compress every day that has ended, now",
            description =
                    "Happens by itself; call it after an import. Answers when it is done and the space is returned,"
                            + " which can take minutes. Answers of other calls are the same before, meanwhile and afterwards.")
    @APIResponse(
            responseCode = "200",
            description = "What was done.",
            content = @Content(schema = @Schema(implementation = Sealed.class)))
    @APIResponse(responseCode = "409", description = "Another such call is at it.")
    public Sealed seal() {
        if (!running.compareAndSet(false, true)) {
            throw new ProblemException(
                    ProblemType.ALREADY_RUNNING, "Another call is sealing; wait until it has been answered.");
        }
        try {
            long startNanos = System.nanoTime();
            SealResult result = sealing.run(EpochMicros.of(clock.instant()), nanos -> {});
            Blocking.await(table.reclaim());
            return new Sealed(
                    result.readings(),
                    result.chunks(),
                    result.bytesBefore(),
                    result.bytesAfter(),
                    result.unsealed().stream()
                            .map(window -> new Unsealed(
                                    window.device().value(), startOf(window.windowStartMicros()), window.reason()))
                            .toList(),
                    result.unsealedTotal(),
                    (System.nanoTime() - startNanos) / 1_000_000 / 1e3);
        } finally {
            running.set(false);
        }
    }

    private static @Nullable String startOf(@Nullable Long windowStartMicros) {
        if (windowStartMicros == null
                || windowStartMicros < EpochMicros.MIN_RFC3339
                || windowStartMicros > EpochMicros.MAX_RFC3339) {
            return null;
        }
        return EpochMicros.toRfc3339(windowStartMicros);
    }

    /** A day that could not be compressed. */
    @Schema(name = "Unsealed")
    public record Unsealed(
            @Schema(description = "Whose day it is.", example = "thermostat-1")
            String device,

            @Schema(description = "When the day began; null if that is not known.", example = "2026-11-22T00:00:00Z")
            @Nullable
            String from,

            @Schema(description = "What kept it from being compressed.")
            String reason) {}

    /** What sealing did. */
    @Schema(name = "Sealed")
    public record Sealed(
            @Schema(description = "Readings that were compressed, late ones with those they joined.")
            long readings,

            @Schema(description = "Chunks that were made.") long chunks,

            @Schema(
                    description =
                            "What was compressed took so many bytes, without keys and the table's own compression.")
            long bytesBefore,

            @Schema(description = "The chunks take so many bytes.")
            long bytesAfter,

            @Schema(description = "Days that could not be compressed and are left as they were, the first 100 of them.")
            List<Unsealed> unsealed,

            @Schema(description = "How many days could not be compressed.")
            long unsealedTotal,

            @Schema(description = "How long it took.") double seconds) {}
}
