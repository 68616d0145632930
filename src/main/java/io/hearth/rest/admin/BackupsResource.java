package io.hearth.rest.admin;

import io.hearth.backup.Backup;
import io.hearth.backup.BackupException;
import io.hearth.backup.BackupRunningException;
import io.hearth.backup.Backups;
import io.hearth.backup.Verification;
import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jspecify.annotations.Nullable;

/** Backups of the embedded table. To restore one is a command of the jar, as no service runs on the table meanwhile. */
@Tag(name = "Backups")
@Requires(Right.ADMINISTER)
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
public class BackupsResource {
    private final Optional<Backups> backups;

    @Inject
    public BackupsResource(Optional<Backups> backups) {
        this.backups = backups;
    }

    @POST
    @Path("/backups")
    @Operation(
            operationId = "backUp",
            summary = "Make a backup, now",
            description =
                    "Into the directory HEARTH_BACKUP_DIR, while the service is used. What earlier backups have already is"
                            + " not copied again. Answers when it is done, which can take minutes.")
    @APIResponse(
            responseCode = "201",
            description = "What was made.",
            content = @Content(schema = @Schema(implementation = Made.class)))
    @APIResponse(responseCode = "409", description = "Another backup is being made, or backups are off.")
    public Response backUp() {
        Backups on = on();
        try {
            Backup made = on.backUp();
            return Response.created(URI.create("/api/v1/backups/" + made.id()))
                    .entity(new Made(
                            made.id(),
                            made.taken(),
                            made.files(),
                            made.bytes(),
                            made.copiedBytes(),
                            made.duration().toMillis() / 1e3))
                    .build();
        } catch (BackupRunningException e) {
            throw new ProblemException(
                    ProblemType.ALREADY_RUNNING, "Another backup is being made; wait until it is done.");
        } catch (BackupException e) {
            throw new ProblemException(ProblemType.BACKUP_FAILED, String.valueOf(e.getMessage()));
        }
    }

    @GET
    @Path("/backups")
    @Operation(operationId = "backups", summary = "The finished backups, the oldest first")
    @APIResponse(
            responseCode = "200",
            description = "The backups.",
            content = @Content(schema = @Schema(implementation = Listed.class)))
    @APIResponse(responseCode = "409", description = "Backups are off.")
    public Listed list() {
        Backups on = on();
        try {
            List<Kept> kept = on.list().stream()
                    .map(backup -> new Kept(backup.id(), backup.taken(), backup.files(), backup.bytes()))
                    .toList();
            return new Listed(kept, on.recoverableUntil());
        } catch (BackupException e) {
            throw new ProblemException(ProblemType.BACKUP_FAILED, String.valueOf(e.getMessage()));
        }
    }

    @POST
    @Path("/backups/{id:[^/:]+}:verify")
    @Operation(
            operationId = "verifyBackup",
            summary = "Read a backup and its log again, and compare checksums",
            description = "Answers 200 whether or not it is good; `good` says which, and `damages` names the files.")
    @APIResponse(
            responseCode = "200",
            description = "What was found.",
            content = @Content(schema = @Schema(implementation = Verified.class)))
    @APIResponse(responseCode = "404", description = "There is no finished backup of this id.")
    @APIResponse(responseCode = "409", description = "Backups are off.")
    public Verified verify(@RestPath String id) {
        try {
            Verification found = on().verify(id);
            return new Verified(
                    found.backup(),
                    found.isGood(),
                    found.files(),
                    found.bytes(),
                    found.taken(),
                    found.recoverableUntil(),
                    found.damages(),
                    found.notes());
        } catch (BackupException e) {
            throw new ProblemException(ProblemType.NOT_FOUND, String.valueOf(e.getMessage()));
        }
    }

    private Backups on() {
        return backups.orElseThrow(() -> new ProblemException(
                ProblemType.BACKUPS_OFF, "This service makes no backups: HEARTH_BACKUP_DIR is not set."));
    }

    /** A backup that was made. */
    @Schema(name = "BackupMade")
    public record Made(
            String id,

            @Schema(description = "Whatever was acknowledged before is in it.")
            Instant taken,

            int files,

            @Schema(description = "Of all its files, those that it shares with other backups included.")
            long bytes,

            @Schema(description = "What was copied, as no earlier backup had it.")
            long copiedBytes,

            double seconds) {}

    /** A backup that is there. */
    @Schema(name = "BackupKept")
    public record Kept(String id, Instant taken, int files, long bytes) {}

    /** All backups. */
    @Schema(name = "BackupsKept")
    public record Listed(
            List<Kept> backups,

            @Schema(
                    description =
                            "Whatever was acknowledged before can be recovered; null until a log follows a backup.")
            @Nullable
            Instant recoverableUntil) {}

    /** What verifying a backup found. */
    @Schema(name = "BackupVerified")
    public record Verified(
            String id,
            boolean good,
            int files,
            long bytes,
            Instant taken,

            @Schema(description = "The last instant that can be recovered with this backup.")
            Instant recoverableUntil,

            List<String> damages,

            @Schema(description = "What may be wrong or not: what the service was writing when it ended.")
            List<String> notes) {}
}
