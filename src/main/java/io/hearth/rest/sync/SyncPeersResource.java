package io.hearth.rest.sync;

import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import io.hearth.sync.Peer;
import io.hearth.sync.PeerProgress;
import io.hearth.sync.SyncService;
import io.hearth.sync.SyncSource;
import io.hearth.sync.SyncTarget;
import io.hearth.sync.wire.PutAside;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jspecify.annotations.Nullable;

/** Which regions this one pulls from, and how far it is with each. */
@Tag(name = "Sync")
@Requires(Right.ADMINISTER)
@Path("/api/v1/sync")
@Produces(MediaType.APPLICATION_JSON)
public class SyncPeersResource {
    private final SyncService sync;
    private final SyncSource source;
    private final SyncTarget target;
    private final InstantSource clock;

    @Inject
    public SyncPeersResource(SyncService sync, SyncSource source, SyncTarget target, InstantSource clock) {
        this.sync = sync;
        this.source = source;
        this.target = target;
        this.clock = clock;
    }

    @GET
    @Path("/status")
    @Operation(operationId = "syncStatus", summary = "How far this region is with each of its peers")
    public Status status() {
        return new Status(
                source.region().value(),
                EpochMicros.toRfc3339(EpochMicros.of(clock.instant())),
                startOf(sync.startStatus()),
                keptOf(target.kept()),
                sync.peers().stream().map(SyncPeersResource::statusOf).toList());
    }

    @GET
    @Path("/peers")
    @Operation(operationId = "syncPeers", summary = "The regions that this one pulls from")
    public Peers peers() {
        return new Peers(sync.peers().stream().map(SyncPeersResource::infoOf).toList());
    }

    @POST
    @Path("/peers")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "addSyncPeer",
            summary = "Pulls from another region from now on, also after a restart",
            description = "Of a region that is a peer already, the address and the token are changed.")
    @APIResponse(
            responseCode = "201",
            description = "It is a peer now.",
            content =
                    @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = PeerInfo.class)))
    @APIResponse(
            responseCode = "200",
            description = "It was one, and is reached as given now.",
            content =
                    @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = PeerInfo.class)))
    public Response add(@Nullable NewPeer body) {
        List<FieldError> errors = new ArrayList<>();
        if (body == null) {
            throw ProblemException.invalid(new FieldError("body", "is required"));
        }
        RegionId id = null;
        try {
            id = new RegionId(body.id == null ? "" : body.id);
        } catch (IllegalArgumentException e) {
            errors.add(new FieldError("id", String.valueOf(e.getMessage())));
        }
        URI url = null;
        try {
            url = URI.create(body.url == null ? "" : body.url.strip());
            new Peer(new RegionId("any"), url, "");
        } catch (IllegalArgumentException e) {
            errors.add(new FieldError("url", String.valueOf(e.getMessage())));
        }
        if (!errors.isEmpty() || id == null || url == null) {
            throw ProblemException.invalid(errors);
        }
        Peer peer;
        try {
            peer = new Peer(id, url, body.token == null ? "" : body.token);
        } catch (IllegalArgumentException e) {
            throw ProblemException.invalid(new FieldError("token", String.valueOf(e.getMessage())));
        }
        try {
            boolean isNew = sync.add(peer);
            return Response.status(isNew ? 201 : 200)
                    .entity(new PeerInfo(id.value(), url.toString(), false))
                    .build();
        } catch (IllegalArgumentException e) {
            throw ProblemException.invalid(new FieldError("id", String.valueOf(e.getMessage())));
        }
    }

    @DELETE
    @Path("/peers/{id}")
    @Operation(operationId = "removeSyncPeer", summary = "Pulls from a region no longer; what came from it stays")
    @APIResponse(responseCode = "204", description = "It is no peer any more.")
    @APIResponse(responseCode = "404", description = "It is none.")
    public void remove(@RestPath @Parameter(description = "The region.", example = "eu") String id) {
        boolean removed;
        try {
            removed = sync.remove(new RegionId(id));
        } catch (IllegalArgumentException e) {
            throw ProblemException.invalid(new FieldError("id", String.valueOf(e.getMessage())));
        }
        if (!removed) {
            throw new ProblemException(ProblemType.NOT_FOUND, "No region of this id is a peer.");
        }
    }

    private static Map<String, Long> putAsideOf(PeerProgress progress) {
        Map<String, Long> lines = new TreeMap<>();
        for (PutAside.Reason reason : PutAside.Reason.values()) {
            lines.put(reason.text(), progress.putAside(reason));
        }
        return lines;
    }

    private static Kept keptOf(SyncTarget.Kept kept) {
        return new Kept(kept.lines(), kept.bytes());
    }

    private static Start startOf(SyncService.StartStatus status) {
        return new Start(status.done(), status.failures(), status.lastError());
    }

    private static PeerInfo infoOf(SyncService.PeerStatus status) {
        return new PeerInfo(status.peer().id().value(), status.peer().url().toString(), status.isPreset());
    }

    private static PeerState statusOf(SyncService.PeerStatus status) {
        PeerProgress progress = status.progress();
        long contact = progress.lastContactMillis();
        return new PeerState(
                status.peer().id().value(),
                status.peer().url().toString(),
                progress.state().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                progress.behindRecords() < 0 ? null : progress.behindRecords(),
                progress.behindSeconds(),
                contact == 0 ? null : EpochMicros.toRfc3339(contact * 1000),
                progress.records(),
                progress.readings(),
                progress.bytes(),
                progress.conflicts(),
                progress.errors(),
                progress.refused(),
                progress.putAside(PutAside.Reason.LATER_VERSION),
                putAsideOf(progress),
                progress.snapshots(),
                progress.verifiedMillis() == 0 ? null : EpochMicros.toRfc3339(progress.verifiedMillis() * 1000),
                progress.differing(),
                progress.clockAheadMillis() / 1e3,
                progress.lastError());
    }

    /** A region to pull from. */
    @Schema(name = "NewSyncPeer")
    public record NewPeer(
            @Schema(description = "Its region id.", examples = "eu", required = true) @Nullable
            String id,

            @Schema(description = "Where its REST API is.", examples = "https://eu.example.org", required = true)
            @Nullable
            String url,

            @Schema(description = "What it lets peers in with.") @Nullable
            String token) {}

    /** A region that this one pulls from. */
    @Schema(name = "SyncPeer")
    public record PeerInfo(
            String id,
            String url,

            @Schema(description = "Whether it is one of the settings.")
            boolean preset) {}

    @Schema(name = "SyncPeers")
    public record Peers(List<PeerInfo> peers) {}

    @Schema(name = "SyncStatus")
    public record Status(String region, String now, Start start, Kept putAside, List<PeerState> peers) {}

    /** Records that cannot be taken in now, and are tried again at each start, for a month. */
    @Schema(name = "SyncPutAside")
    public record Kept(int records, long bytes) {}

    /** What is done once when the service starts: peers that were added, unfinished erasures, records that were put aside. */
    @Schema(name = "SyncStart")
    public record Start(
            @Schema(description = "Whether all of it is done; what is not is tried again.")
            boolean done,

            @Schema(description = "How often something of it has failed.")
            int failures,

            @Schema(description = "Why it is not done yet.") @Nullable
            String lastError) {}

    /** How far this region is with a peer. */
    @Schema(name = "SyncPeerState")
    public record PeerState(
            String id,
            String url,

            @Schema(
                    description =
                            "`starting`, `snapshot`, `catching-up`, `following`, `failing`, `held-clock-ahead`, `standby`")
            String state,

            @Schema(description = "How many changes are still to be taken in, as far as is known; it counts to 10,000.")
            @Nullable
            Long lagRecords,

            @Schema(description = "For how long what the peer has may be missing here.")
            double lagSeconds,

            @Nullable String lastContact,

            @Schema(description = "Since the start of this process, as what follows.")
            long records,

            long readings,
            long bytes,

            @Schema(
                    description =
                            "Writes that lost against one of another region: points of readings, fields of shadows.")
            long conflicts,

            long errors,

            @Schema(description = "Records that were left out: damaged, or without room to put them aside.")
            long refused,

            @Schema(description = "Records of a later version that were put aside.")
            long unknown,

            @Schema(description = "Records that were put aside, by reason: `later-version`, `unreadable`, `failed`.")
            Map<String, Long> putAside,

            @Schema(description = "How often everything was taken over.")
            long snapshots,

            @Schema(description = "When all that has ended was last compared.") @Nullable
            String verified,

            @Schema(description = "Days of devices that were not the same then.")
            long differing,

            @Schema(description = "How far its clock is ahead, while that is too far.")
            double clockAheadSeconds,

            @Nullable String lastError) {}
}
