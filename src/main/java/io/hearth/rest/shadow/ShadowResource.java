package io.hearth.rest.shadow;

import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.model.DeviceId;
import io.hearth.rest.format.TextOutput;
import io.hearth.rest.http.StreamedAnswer;
import io.hearth.rest.param.DeviceIdText;
import io.hearth.rest.param.PageParams;
import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import io.hearth.shadow.NamePage;
import io.hearth.shadow.ShadowService;
import io.hearth.shadow.ShadowStore;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.shadow.document.ShadowError;
import io.hearth.shadow.document.ShadowException;
import io.hearth.shadow.document.ShadowId;
import io.hearth.shadow.document.ShadowJson;
import io.hearth.shadow.document.ShadowRequest;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestHeader;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Shadows as resources: ETag is the version, changes are JSON merge patches (RFC 7396). */
@Tag(name = "Shadows")
@Requires(Right.ADMINISTER)
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
public class ShadowResource {
    private static final String MERGE_PATCH = "application/merge-patch+json";
    private static final String PATCH_EXAMPLE = "{\"desired\":{\"on\":true,\"timer\":null}}";
    /** Who changes shadows over HTTP, in their history. */
    static final String BY = "rest:admin";

    private static final Pattern ETAG = Pattern.compile("\\s*\"([0-9]{1,18})\"\\s*");

    private final ShadowService shadows;
    private final ShadowStore store;
    private final InstantSource clock;

    @Inject
    public ShadowResource(ShadowService shadows, ShadowStore store, InstantSource clock) {
        this.shadows = shadows;
        this.store = store;
        this.clock = clock;
    }

    @GET
    @Path("/devices/{id}/shadow")
    @Operation(
            operationId = "shadow",
            summary = "The shadow of a device: desired, reported, and the delta between them",
            description = "As AWS IoT's Device Shadow documents it; `ETag` is the version.")
    @APIResponse(
            responseCode = "200",
            description = "The document.",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(type = SchemaType.OBJECT)))
    @APIResponse(responseCode = "304", description = "The version is still that of If-None-Match.")
    @APIResponse(responseCode = "404", description = "There is no such shadow.")
    public Uni<Response> shadow(
            @RestPath @DeviceIdText String id, @RestHeader("If-None-Match") @Nullable String ifNoneMatch) {
        return get(id, "", ifNoneMatch);
    }

    @GET
    @Path("/devices/{id}/shadow/{name}")
    @Operation(operationId = "namedShadow", summary = "A named shadow of a device")
    @APIResponse(responseCode = "304", description = "The version is still that of If-None-Match.")
    @APIResponse(
            responseCode = "200",
            description = "The document.",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(type = SchemaType.OBJECT)))
    @APIResponse(responseCode = "404", description = "There is no such shadow.")
    public Uni<Response> namedShadow(
            @RestPath @DeviceIdText String id,
            @RestPath String name,
            @RestHeader("If-None-Match") @Nullable String ifNoneMatch) {
        return get(id, name, ifNoneMatch);
    }

    @PATCH
    @Path("/devices/{id}/shadow")
    @Consumes({MERGE_PATCH, MediaType.APPLICATION_JSON})
    @Operation(
            operationId = "patchShadow",
            summary = "Changes the shadow of a device, or makes it",
            description =
                    "The body patches the state: `{\"desired\":{\"on\":true,\"timer\":null}}`. The device is told over"
                            + " MQTT what it lacks. With `If-Match` only that version is changed.")
    @RequestBody(
            required = true,
            content = {
                @Content(
                        mediaType = MERGE_PATCH,
                        schema = @Schema(type = SchemaType.OBJECT),
                        examples = @ExampleObject(name = "desired", value = PATCH_EXAMPLE)),
                @Content(
                        mediaType = MediaType.APPLICATION_JSON,
                        schema = @Schema(type = SchemaType.OBJECT),
                        examples = @ExampleObject(name = "desired", value = PATCH_EXAMPLE))
            })
    @APIResponse(responseCode = "429", description = "There are too many requests for this shadow.")
    @APIResponse(
            responseCode = "200",
            description = "The document after the change.",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(type = SchemaType.OBJECT)))
    @APIResponse(responseCode = "412", description = "The version is not that of If-Match; nothing has changed.")
    public Uni<Response> patchShadow(
            @RestPath @DeviceIdText String id,
            @RestHeader("If-Match") @Nullable String ifMatch,
            byte @Nullable [] body) {
        return patch(id, "", ifMatch, body);
    }

    @PATCH
    @Path("/devices/{id}/shadow/{name}")
    @Consumes({MERGE_PATCH, MediaType.APPLICATION_JSON})
    @Operation(operationId = "patchNamedShadow", summary = "Changes a named shadow of a device, or makes it")
    @RequestBody(
            required = true,
            content = {
                @Content(
                        mediaType = MERGE_PATCH,
                        schema = @Schema(type = SchemaType.OBJECT),
                        examples = @ExampleObject(name = "desired", value = PATCH_EXAMPLE)),
                @Content(
                        mediaType = MediaType.APPLICATION_JSON,
                        schema = @Schema(type = SchemaType.OBJECT),
                        examples = @ExampleObject(name = "desired", value = PATCH_EXAMPLE))
            })
    @APIResponse(responseCode = "429", description = "There are too many requests for this shadow.")
    @APIResponse(
            responseCode = "200",
            description = "The document after the change.",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(type = SchemaType.OBJECT)))
    @APIResponse(responseCode = "412", description = "The version is not that of If-Match; nothing has changed.")
    public Uni<Response> patchNamedShadow(
            @RestPath @DeviceIdText String id,
            @RestPath String name,
            @RestHeader("If-Match") @Nullable String ifMatch,
            byte @Nullable [] body) {
        return patch(id, name, ifMatch, body);
    }

    @DELETE
    @Path("/devices/{id}/shadow")
    @Operation(operationId = "deleteShadow", summary = "Deletes the shadow of a device; its version goes on for a time")
    @APIResponse(responseCode = "204", description = "It is gone.")
    @APIResponse(responseCode = "412", description = "The version is not that of If-Match; nothing has changed.")
    @APIResponse(responseCode = "404", description = "There is no such shadow.")
    public Uni<Response> deleteShadow(
            @RestPath @DeviceIdText String id, @RestHeader("If-Match") @Nullable String ifMatch) {
        return delete(id, "", ifMatch);
    }

    @DELETE
    @Path("/devices/{id}/shadow/{name}")
    @Operation(operationId = "deleteNamedShadow", summary = "Deletes a named shadow of a device")
    @APIResponse(responseCode = "204", description = "It is gone.")
    @APIResponse(responseCode = "412", description = "The version is not that of If-Match; nothing has changed.")
    @APIResponse(responseCode = "404", description = "There is no such shadow.")
    public Uni<Response> deleteNamedShadow(
            @RestPath @DeviceIdText String id,
            @RestPath String name,
            @RestHeader("If-Match") @Nullable String ifMatch) {
        return delete(id, name, ifMatch);
    }

    @GET
    @Path("/devices/{id}/shadows")
    @Operation(operationId = "shadows", summary = "The names of a device's named shadows")
    @APIResponse(responseCode = "200", description = "A page of names, ascending.")
    public Uni<Names> shadows(@RestPath @DeviceIdText String id, @Valid @BeanParam PageParams page) {
        if (page.cursor != null && !ShadowId.isName(page.cursor)) {
            throw ProblemException.invalid(new FieldError("cursor", "is not a cursor of this list"));
        }
        return store.names(new DeviceId(id), page.cursor, page.limitOrDefault()).map(Names::of);
    }

    @GET
    @Path("/devices/{id}/shadow-history")
    @Operation(
            operationId = "shadowHistory",
            summary = "What happened to a shadow, the latest first: who, when, which fields",
            description = "`lost` has the writes that lost against a later one of another region. Kept for"
                    + " HEARTH_SHADOW_HISTORY_RETENTION.")
    @APIResponse(responseCode = "200", description = "A page of changes; none if there is no such shadow.")
    public Uni<StreamedAnswer> shadowHistory(
            @RestPath @DeviceIdText String id,
            @RestQuery @Parameter(description = "The shadow's name; without it the classic one.") @Nullable String name,
            @Valid @BeanParam PageParams page) {
        ShadowId shadow = idOf(id, name == null ? "" : name);
        try {
            return store.history(shadow, page.cursor, page.limitOrDefault())
                    .map(found -> new StreamedAnswer(body -> {
                        TextOutput out = new TextOutput(body);
                        ShadowChangeJson.write(shadow, found, out);
                        out.flush();
                    }));
        } catch (IllegalArgumentException e) {
            throw ProblemException.invalid(new FieldError("cursor", "is not a cursor of this list"));
        }
    }

    /**
     * A page of the names of shadows.
     *
     * @param nextCursor null at the end
     */
    public record Names(List<String> shadows, @Nullable String nextCursor) {
        static Names of(NamePage page) {
            return new Names(page.names(), page.next());
        }
    }

    private Uni<Response> get(String id, String name, @Nullable String ifNoneMatch) {
        ShadowId shadow = idOf(id, name);
        return Uni.createFrom()
                .completionStage(() -> shadows.get(shadow, () -> ShadowRequest.BARE))
                .map(found -> isKnown(ifNoneMatch, found.document())
                        ? Response.notModified(etag(found.document())).build()
                        : whole(found.document()))
                .onFailure(ShadowException.class)
                .transform(failure -> problem(failure));
    }

    private Uni<Response> patch(String id, String name, @Nullable String ifMatch, byte @Nullable [] body) {
        ShadowId shadow = idOf(id, name);
        Long expected = expected(ifMatch);
        Supplier<ShadowRequest> request =
                () -> ShadowRequest.patch(body == null ? new byte[0] : body, expected, shadows.limits());
        return Uni.createFrom()
                .completionStage(() -> shadows.update(shadow, request, BY))
                .map(update -> whole(update.current()))
                .onFailure(ShadowException.class)
                .transform(failure -> problem(failure));
    }

    private Uni<Response> delete(String id, String name, @Nullable String ifMatch) {
        ShadowId shadow = idOf(id, name);
        ShadowRequest request = new ShadowRequest(null, expected(ifMatch), null);
        return Uni.createFrom()
                .completionStage(() -> shadows.delete(shadow, () -> request, BY))
                .map(found -> Response.noContent().build())
                .onFailure(ShadowException.class)
                .transform(failure -> problem(failure));
    }

    /** Whether the client has this version: one of a list of ETags, also those that a proxy made weak, or any (RFC 9110, 13.1.2). */
    private static boolean isKnown(@Nullable String ifNoneMatch, ShadowDocument document) {
        if (ifNoneMatch == null) {
            return false;
        }
        String tag = "\"" + document.version() + "\"";
        return Stream.of(ifNoneMatch.split(",", -1))
                .map(String::strip)
                .anyMatch(known -> known.equals("*") || known.equals(tag) || known.equals("W/" + tag));
    }

    private static ShadowId idOf(String id, String name) {
        if (!name.isEmpty() && !ShadowId.isName(name)) {
            throw ProblemException.invalid(
                    new FieldError("name", "must be the name of a shadow: 1 to 64 of a-z A-Z 0-9 : _ -"));
        }
        return new ShadowId(new DeviceId(id), name);
    }

    private static @Nullable Long expected(@Nullable String ifMatch) {
        if (ifMatch == null) {
            return null;
        }
        if (ifMatch.strip().equals("*")) {
            return ShadowRequest.ANY_EXISTING;
        }
        Matcher version = ETAG.matcher(ifMatch);
        if (!version.matches()) {
            throw ProblemException.invalid(new FieldError("If-Match", "must be an ETag of this shadow, \"11\", or *"));
        }
        return Long.valueOf(version.group(1));
    }

    private Response whole(ShadowDocument document) {
        byte[] json = ShadowJson.whole(document, clock.instant().getEpochSecond(), null);
        return Response.ok(json, MediaType.APPLICATION_JSON_TYPE)
                .tag(etag(document))
                .build();
    }

    private static EntityTag etag(ShadowDocument document) {
        return new EntityTag(String.valueOf(document.version()));
    }

    private static ProblemException problem(ShadowException refused) {
        ShadowError error = refused.error();
        return switch (error.code()) {
            case 404 -> new ProblemException(ProblemType.NOT_FOUND, error.message());
            case 409 -> new ProblemException(ProblemType.PRECONDITION_FAILED, error.message());
            case 413 -> new ProblemException(ProblemType.PAYLOAD_TOO_LARGE, error.message());
            case 415 -> new ProblemException(ProblemType.UNSUPPORTED_MEDIA_TYPE, error.message());
            case 429 -> new ProblemException(ProblemType.TOO_MANY_REQUESTS, error.message());
            default -> ProblemException.invalid(new FieldError("body", error.message()));
        };
    }
}
