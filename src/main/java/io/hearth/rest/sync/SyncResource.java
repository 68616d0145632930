package io.hearth.rest.sync;

import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.model.DeviceId;
import io.hearth.model.RegionId;
import io.hearth.rest.http.FastGzip;
import io.hearth.rest.param.DeviceIdList;
import io.hearth.rest.param.Limit;
import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import io.hearth.sync.SyncSource;
import io.hearth.sync.feed.FeedBusyException;
import io.hearth.sync.feed.FeedReader;
import io.hearth.sync.wire.SyncPage;
import io.hearth.sync.wire.SyncRecord;
import io.hearth.table.Cursor;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.InvalidCursorException;
import io.hearth.table.Scan;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** What this region tells other regions and apps: its changes, and everything. */
@Tag(name = "Sync")
@Requires(Right.READ_CHANGES)
@Path("/api/v1/sync")
public class SyncResource {
    static final String NDJSON = "application/x-ndjson";

    private static final int DEFAULT_LIMIT = 1000;
    private static final int MOST_WAIT_SECONDS = 60;

    /** Cuts the table for peers: enough to go on where a connection broke, few enough to keep an eye on. */
    private static final int SEGMENTS = 8;

    private final SyncSource source;
    private final FeedReader feed;
    private final SyncPages pages;

    @Inject
    public SyncResource(SyncSource source, FeedReader feed, SyncPages pages) {
        this.source = source;
        this.feed = feed;
        this.pages = pages;
    }

    @GET
    @Path("/changes")
    @Produces(NDJSON)
    @Operation(
            operationId = "syncChanges",
            summary = "What changed since a place in the feed",
            description =
                    "A record a line, in the order of commit for each device, and a last line of kind `next` that says where to go on: send"
                            + " its `after` with the next request. Records may come again, which changes nothing. With `wait`"
                            + " the answer is held back until there is a change, or the time is over. Lines of kinds that a"
                            + " client does not know, and fields of lines, are to be passed over.")
    @APIResponse(
            responseCode = "200",
            description = "The changes.",
            content =
                    @Content(
                            mediaType = NDJSON,
                            schema = @Schema(type = SchemaType.STRING),
                            examples =
                                    @ExampleObject(
                                            name = "changes",
                                            value =
                                                    "{\"kind\":\"readings\",\"region\":\"eu\",\"device\":\"thermostat-1\",\"readings\":"
                                                            + "[{\"ts\":\"2026-11-22T10:00:00Z\",\"values\":{\"temperature\":21.5}}]}\n"
                                                            + "{\"kind\":\"next\",\"after\":\"Q0x1...\",\"more\":false}\n")))
    @APIResponse(responseCode = "410", description = "Changes behind that place are no longer kept: begin anew.")
    @APIResponse(responseCode = "503", description = "As many wait for changes as may at a time.")
    public Uni<Response> changes(
            @RestQuery
                    @Parameter(
                            description =
                                    "The `after` of the last answer; `now` for a place behind every change so far; left"
                                            + " out, the oldest change that is kept.")
                    @Nullable
                    String after,
            @RestQuery
                    @Limit(max = SyncSource.MOST_RECORDS)
                    @Parameter(description = "About how many records; 1,000 if left out.")
                    @Nullable
                    String limit,
            @RestQuery
                    @Limit(min = 0, max = MOST_WAIT_SECONDS)
                    @Parameter(description = "How many seconds to wait for a change if there is none; 0 if left out.")
                    @Nullable
                    String wait,
            @RestQuery
                    @DeviceIdList
                    @Parameter(description = "Only these devices, at most 1,000, separated by commas.")
                    @Nullable
                    String ids,
            @RestQuery
                    @Parameter(
                            description = "Only these kinds, separated by commas: readings, device, erasure, shadow.")
                    @Nullable
                    String kinds,
            @RestQuery
                    @Parameter(
                            description =
                                    "`own` for what began in this region only; `all`, if left out, for what came from"
                                            + " others, too.")
                    @Nullable
                    String origin,
            @RestQuery @Parameter(description = "A region whose own changes to leave out.") @Nullable String except,
            @RestQuery @Parameter(description = "`json`, or `packed` for other regions.") @Nullable String form,
            @HeaderParam("Accept-Encoding") @Parameter(hidden = true) @Nullable String acceptEncoding) {
        List<FieldError> errors = new ArrayList<>();
        SyncSource.Wanted wanted = new SyncSource.Wanted(
                devices(ids), kinds(kinds, errors), origin(origin, errors), region(except, errors));
        boolean packed = isPacked(form, errors);
        if (!errors.isEmpty()) {
            throw ProblemException.invalid(errors);
        }
        FeedReader.Question question = new FeedReader.Question(
                after,
                limit == null ? DEFAULT_LIMIT : Integer.parseInt(limit),
                wanted,
                Duration.ofSeconds(wait == null ? 0 : Integer.parseInt(wait)));
        return answer(feed.changes(question), packed, acceptEncoding);
    }

    @GET
    @Path("/snapshot")
    @Produces({NDJSON, "application/json"})
    @Operation(
            operationId = "syncSnapshot",
            summary = "Everything that this region has, for a new region",
            description =
                    "Without `segment`, a JSON object: the `region`, into how many `segments` to cut the snapshot, and the"
                            + " place in the feed of `changes` to go on from afterwards. With it, a page of that segment; its"
                            + " last line, of kind `next`, has no `after` at the end of the segment.")
    @APIResponse(
            responseCode = "200",
            description = "Where to begin, or a page.",
            content = {
                @Content(mediaType = "application/json", schema = @Schema(implementation = Beginning.class)),
                @Content(mediaType = NDJSON, schema = @Schema(type = SchemaType.STRING))
            })
    public Uni<Response> snapshot(
            @RestQuery
                    @Limit(min = 0, max = Scan.MAX_SEGMENTS - 1)
                    @Parameter(description = "Which segment, from 0 on.")
                    @Nullable
                    String segment,
            @RestQuery @Limit(max = Scan.MAX_SEGMENTS) @Parameter(description = "Of how many; 8 if left out.") @Nullable
                    String segments,
            @RestQuery @Parameter(description = "The `after` of the last page.") @Nullable String after,
            @RestQuery @Parameter(description = "`packed`, if left out, or `json`.") @Nullable String form,
            @HeaderParam("Accept-Encoding") @Parameter(hidden = true) @Nullable String acceptEncoding) {
        List<FieldError> errors = new ArrayList<>();
        boolean packed = form == null || isPacked(form, errors);
        int of = segments == null ? SEGMENTS : Integer.parseInt(segments);
        int which = segment == null ? 0 : Integer.parseInt(segment);
        if (which >= of) {
            errors.add(new FieldError("segment", "must be less than segments"));
        }
        if (!errors.isEmpty()) {
            throw ProblemException.invalid(errors);
        }
        if (segment == null) {
            return feed.run(source::now)
                    .map(now -> Response.ok(new Beginning(source.region().value(), now.value(), SEGMENTS))
                            .type("application/json")
                            .build());
        }
        return answer(
                feed.run(() -> source.snapshot(which, of, after == null ? null : new Cursor(after))),
                packed,
                acceptEncoding);
    }

    /** Where to begin with this region. */
    @Schema(name = "SyncBeginning")
    public record Beginning(String region, String changes, int segments) {}

    private Uni<Response> answer(Uni<SyncPage> page, boolean packed, @Nullable String acceptEncoding) {
        boolean gzip = acceptEncoding != null && FastGzip.isAskedForBy(acceptEncoding);
        return pages.encoded(page, packed, gzip)
                .map(body -> {
                    Response.ResponseBuilder response = Response.ok(body)
                            .type(NDJSON)
                            .header("Vary", "Accept-Encoding")
                            .header("Cache-Control", "no-store");
                    return gzip ? response.header("Content-Encoding", "gzip").build() : response.build();
                })
                .onFailure(FeedBusyException.class)
                .transform(busy -> new ProblemException(ProblemType.OVERLOADED, busy.detail()))
                .onFailure(CursorExpiredException.class)
                .transform(gone -> new ProblemException(
                        ProblemType.CHANGES_GONE,
                        "The changes behind that place are no longer kept; take a snapshot, or begin with the oldest."))
                .onFailure(InvalidCursorException.class)
                .transform(invalid ->
                        ProblemException.invalid(new FieldError("after", "must be what an earlier answer has said")));
    }

    private static Set<DeviceId> devices(@Nullable String ids) {
        Set<DeviceId> devices = new HashSet<>();
        if (ids != null) {
            Arrays.stream(ids.split(",")).map(DeviceId::new).forEach(devices::add);
        }
        return devices;
    }

    private static Set<SyncRecord.Kind> kinds(@Nullable String text, List<FieldError> errors) {
        Set<SyncRecord.Kind> kinds = EnumSet.noneOf(SyncRecord.Kind.class);
        if (text != null) {
            for (String name : text.split(",", -1)) {
                Arrays.stream(SyncRecord.Kind.values())
                        .filter(kind -> kind.name().toLowerCase(Locale.ROOT).equals(name))
                        .findAny()
                        .ifPresentOrElse(
                                kinds::add,
                                () -> errors.add(new FieldError(
                                        "kinds",
                                        "must be some of readings, device, erasure, shadow, separated by commas")));
            }
        }
        return kinds;
    }

    private static SyncSource.Origin origin(@Nullable String text, List<FieldError> errors) {
        if (text != null && !text.equals("own") && !text.equals("all")) {
            errors.add(new FieldError("origin", "must be own or all"));
        }
        return "own".equals(text) ? SyncSource.Origin.OWN : SyncSource.Origin.ALL;
    }

    private static @Nullable RegionId region(@Nullable String text, List<FieldError> errors) {
        try {
            return text == null ? null : new RegionId(text);
        } catch (IllegalArgumentException e) {
            errors.add(new FieldError("except", "must be the id of a region"));
            return null;
        }
    }

    private static boolean isPacked(@Nullable String form, List<FieldError> errors) {
        if (form != null && !form.equals("json") && !form.equals("packed")) {
            errors.add(new FieldError("form", "must be json or packed"));
        }
        return "packed".equals(form);
    }
}
