package io.hearth.rest.sync;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.rest.param.DeviceIdText;
import io.hearth.rest.param.Limit;
import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import io.hearth.series.WindowDigests;
import io.hearth.series.value.ClockAheadException;
import io.hearth.shadow.document.ShadowId;
import io.hearth.sync.ShadowVerification;
import io.hearth.sync.SyncService;
import io.hearth.sync.SyncSource;
import io.hearth.sync.Verification;
import io.hearth.sync.wire.PeerDigests;
import io.hearth.sync.wire.RecordLines;
import io.hearth.table.Scan;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Whether two regions have the same, and what is needed to find out. */
@Tag(name = "Sync")
@Requires(Right.ADMINISTER)
@Path("/api/v1/sync")
public class SyncVerificationResource {
    private final SyncService sync;
    private final SyncSource source;
    private final Verification verification;
    private final ShadowVerification shadows;
    private final InstantSource clock;
    private final AtomicBoolean running = new AtomicBoolean();

    @Inject
    public SyncVerificationResource(
            SyncService sync,
            SyncSource source,
            Verification verification,
            ShadowVerification shadows,
            InstantSource clock) {
        this.sync = sync;
        this.source = source;
        this.verification = verification;
        this.shadows = shadows;
        this.clock = clock;
    }

    @POST
    @Path("/peers/{id}:verify")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "verifySyncPeer",
            summary = "Compares all days that have ended, and all shadows, with a peer's, and fetches what differs",
            description =
                    "Reads everything in both regions, so it may take minutes. What is here and not there is for the peer"
                            + " to fetch: ask it to verify this region, too.")
    @APIResponse(responseCode = "200", description = "What came of it.")
    @APIResponse(responseCode = "404", description = "It is no peer.")
    @APIResponse(responseCode = "409", description = "Another such call is at it.")
    @APIResponse(responseCode = "503", description = "The peer is not reached, or its clock is too far ahead.")
    public Report verify(@RestPath @Parameter(description = "The region.", example = "eu") String id) {
        if (!running.compareAndSet(false, true)) {
            throw new ProblemException(ProblemType.ALREADY_RUNNING, "Another call compares regions; wait for it.");
        }
        try {
            return sync.verify(new RegionId(id))
                    .map(Report::of)
                    .orElseThrow(() -> new ProblemException(ProblemType.NOT_FOUND, "No region of this id is a peer."));
        } catch (IllegalArgumentException e) {
            throw ProblemException.invalid(new FieldError("id", String.valueOf(e.getMessage())));
        } catch (IOException e) {
            throw new ProblemException(ProblemType.OVERLOADED, "The peer is not reached: " + e.getMessage());
        } catch (ClockAheadException e) {
            throw new ProblemException(ProblemType.OVERLOADED, "The peer is held: " + e.getMessage());
        } finally {
            running.set(false);
        }
    }

    @GET
    @Path("/digests")
    @Requires(Right.READ_CHANGES)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(operationId = "syncDigests", summary = "What days of devices come to, for other regions to compare")
    public Digests digests(
            @RestQuery @Limit(min = 0, max = Scan.MAX_SEGMENTS - 1) @Nullable String segment,
            @RestQuery @Limit(max = Scan.MAX_SEGMENTS) @Nullable String segments,
            @RestQuery @Parameter(description = "Epoch microseconds.") @Nullable String from,
            @RestQuery @Parameter(description = "Epoch microseconds.") @Nullable String to,
            @RestQuery
                    @Parameter(
                            description = "Of shadows, tombstones from then on, epoch milliseconds; all if left out.")
                    @Nullable
                    String tombstones) {
        TimeRange comparable = verification.comparable();
        TimeRange range;
        try {
            range = new TimeRange(
                    from == null ? comparable.startMicros() : Long.parseLong(from),
                    to == null ? comparable.endMicros() : Long.parseLong(to));
        } catch (IllegalArgumentException e) {
            throw ProblemException.invalid(
                    new FieldError("from", "must be epoch microseconds, as must to, and not after it"));
        }
        long tombstonesFromMillis;
        try {
            tombstonesFromMillis = tombstones == null ? Long.MIN_VALUE : Long.parseLong(tombstones);
        } catch (NumberFormatException e) {
            throw ProblemException.invalid(new FieldError("tombstones", "must be epoch milliseconds"));
        }
        int which = segment == null ? 0 : Integer.parseInt(segment);
        int of = segments == null ? 1 : Integer.parseInt(segments);
        if (which >= of) {
            throw ProblemException.invalid(new FieldError("segment", "must be less than segments"));
        }
        PeerDigests digests = verification.digests(which, of, range, tombstonesFromMillis);
        Map<String, Map<String, String>> devices = new TreeMap<>();
        digests.byDevice().forEach((device, windows) -> devices.put(device.value(), inHex(windows)));
        return new Digests(
                devices,
                digests.shadows().stream()
                        .map(shadow -> new ShadowDigest(
                                shadow.thing().value(), shadow.name(), Long.toHexString(shadow.digest())))
                        .toList());
    }

    private static Map<String, String> inHex(SortedMap<Long, Long> windows) {
        Map<String, String> hex = new TreeMap<>();
        windows.forEach((start, digest) -> hex.put(String.valueOf(start), Long.toHexString(digest)));
        return hex;
    }

    @GET
    @Path("/window")
    @Requires(Right.READ_CHANGES)
    @Produces(SyncResource.NDJSON)
    @Operation(operationId = "syncWindow", summary = "All that is stored of a day of a device, for other regions")
    public byte[] window(
            @RestQuery @DeviceIdText @Parameter(required = true) @Nullable String device,
            @RestQuery @Parameter(description = "Start of the day, epoch microseconds.", required = true) @Nullable
                    String start) {
        if (device == null || start == null) {
            throw ProblemException.invalid(new FieldError(device == null ? "device" : "start", "is required"));
        }
        long day;
        try {
            day = Long.parseLong(start);
            day -= Math.floorMod(day, WindowDigests.WINDOW_MICROS);
        } catch (NumberFormatException e) {
            throw ProblemException.invalid(new FieldError("start", "must be epoch microseconds"));
        }
        return RecordLines.write(source.window(new DeviceId(device), day), clock.millis());
    }

    @GET
    @Path("/shadow")
    @Requires(Right.READ_CHANGES)
    @Produces(SyncResource.NDJSON)
    @Operation(
            operationId = "syncShadow",
            summary = "A shadow with the stamps of its fields, deleted or not, for other regions")
    public byte[] shadow(
            @RestQuery @DeviceIdText @Parameter(required = true) @Nullable String thing,
            @RestQuery @Parameter(description = "Of a named shadow; left out for the classic one.") @Nullable
                    String name) {
        if (thing == null) {
            throw ProblemException.invalid(new FieldError("thing", "is required"));
        }
        ShadowId id;
        try {
            id = new ShadowId(new DeviceId(thing), name == null ? "" : name);
        } catch (IllegalArgumentException e) {
            throw ProblemException.invalid(new FieldError("name", String.valueOf(e.getMessage())));
        }
        return RecordLines.write(shadows.document(id), clock.millis());
    }

    /** Digests by device and start of the day in epoch microseconds, in hexadecimal. */
    @Schema(name = "SyncDigests")
    public record Digests(
            @JsonProperty("devices") Map<String, Map<String, String>> devices,
            @JsonProperty("shadows") List<ShadowDigest> shadows) {}

    /** The digest of a shadow, in hexadecimal; the classic one has an empty name. */
    @Schema(name = "SyncShadowDigest")
    public record ShadowDigest(String thing, String name, String digest) {}

    /** What came of a comparison. */
    @Schema(name = "SyncReport")
    public record Report(
            int devices,

            @Schema(description = "Days of devices that were compared.")
            int windows,

            @Schema(description = "Those that were not the same.")
            int differing,

            @Schema(description = "Those of them that are now; the rest is what this region has and the peer has not.")
            int repaired,

            @Schema(description = "The first 100 of them.") List<Difference> differences,

            Shadows shadows) {
        static Report of(Verification.Report report) {
            return new Report(
                    report.devices(),
                    report.windows(),
                    report.differing(),
                    report.repaired(),
                    report.differences().stream()
                            .map(found -> new Difference(
                                    found.device().value(),
                                    EpochMicros.toRfc3339(found.startMicros()),
                                    found.repaired()))
                            .toList(),
                    Shadows.of(report.shadows()));
        }
    }

    @Schema(name = "SyncDifference")
    public record Difference(String device, String day, boolean repaired) {}

    /** What came of the shadows. */
    @Schema(name = "SyncShadowsReport")
    public record Shadows(
            int compared,

            @Schema(description = "Those that were not the same.")
            int differing,

            @Schema(description = "Those of them that are now.")
            int repaired,

            @Schema(description = "The first 100 of them.") List<ShadowDifference> differences) {
        static Shadows of(Verification.Shadows shadows) {
            return new Shadows(
                    shadows.compared(),
                    shadows.differing(),
                    shadows.repaired(),
                    shadows.differences().stream()
                            .map(found -> new ShadowDifference(
                                    found.id().thing().value(), found.id().name(), found.settled(), found.repaired()))
                            .toList());
        }
    }

    @Schema(name = "SyncShadowDifference")
    public record ShadowDifference(
            String thing,

            @Schema(description = "Empty for the classic shadow.")
            String name,

            @Schema(description = "Whether its last write is older than an hour, and cannot have been on its way.")
            boolean settled,

            boolean repaired) {}
}
