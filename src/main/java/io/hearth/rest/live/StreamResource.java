package io.hearth.rest.live;

import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.live.LiveFeed;
import io.hearth.live.LiveFilter;
import io.hearth.rest.param.DeviceIdList;
import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import io.hearth.table.Cursor;
import io.hearth.table.InvalidCursorException;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestHeader;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** What changes, as it changes. */
@Tag(name = "Live stream")
@Requires(Right.ADMINISTER)
@Path("/api/v1")
public class StreamResource {
    private final LiveFeed feed;

    @Inject
    public StreamResource(LiveFeed feed) {
        this.feed = feed;
    }

    @GET
    @Path("/stream")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @Operation(
            operationId = "stream",
            summary = "What changes, as it is committed",
            description =
                    "Server-sent events that go on until the client closes the connection. The `id` of an event is a place to"
                            + " go on from: send the last one as `Last-Event-ID` (browsers do by themselves) or as `after`,"
                            + " and what came behind it follows, the last few events possibly again. A client that reads"
                            + " too slowly, or resumes too late, gets an event `missed` where changes are no longer kept.")
    @APIResponse(
            responseCode = "200",
            description = "The events.",
            content =
                    @Content(
                            mediaType = MediaType.SERVER_SENT_EVENTS,
                            schema = @Schema(type = SchemaType.STRING),
                            examples =
                                    @ExampleObject(
                                            name = "readings",
                                            value =
                                                    "id: Q0x1...\nevent: readings\ndata: {\"device\":\"thermostat-1\",\"readings\":"
                                                            + "[{\"ts\":\"2026-11-22T10:00:00Z\",\"values\":{\"temperature\":21.5}}]}\n\n")))
    @APIResponse(responseCode = "503", description = "As many follow the stream as may at a time.")
    public LiveStream stream(
            @RestQuery
                    @DeviceIdList
                    @Parameter(
                            description = "Only these devices, at most 1,000, separated by commas.",
                            example = "thermostat-1,plug-2")
                    @Nullable
                    String ids,
            @RestQuery
                    @Parameter(
                            description =
                                    "Only these kinds of event, separated by commas: readings, presence, shadows.")
                    @Nullable
                    String kinds,
            @RestQuery @Parameter(description = "The id of the last event that arrived.") @Nullable String after,
            @RestHeader("Last-Event-ID") @Parameter(hidden = true) @Nullable String lastEventId) {
        Set<String> devices = ids == null ? Set.of() : Set.of(ids.split(","));
        LiveFilter filter = new LiveFilter(devices, LiveKindList.parse(kinds));
        // What the browser saw last is later than what the page's address says.
        boolean resumes = lastEventId != null && !lastEventId.isEmpty();
        String place = resumes ? lastEventId : after;
        try {
            return new LiveStream(
                    feed,
                    feed.subscribe(filter, place == null ? null : new Cursor(place))
                            .orElseThrow(() -> new ProblemException(
                                    ProblemType.OVERLOADED, "As many clients follow the stream as may at a time.")));
        } catch (InvalidCursorException e) {
            throw ProblemException.invalid(
                    new FieldError(resumes ? "Last-Event-ID" : "after", "is not the id of an event of this service"));
        }
    }
}
