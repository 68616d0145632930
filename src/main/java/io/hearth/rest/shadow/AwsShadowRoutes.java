package io.hearth.rest.shadow;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.hearth.model.DeviceId;
import io.hearth.route.AnswerBody;
import io.hearth.security.AwsGate;
import io.hearth.shadow.NamePage;
import io.hearth.shadow.ShadowService;
import io.hearth.shadow.ShadowStore;
import io.hearth.shadow.document.ShadowError;
import io.hearth.shadow.document.ShadowException;
import io.hearth.shadow.document.ShadowId;
import io.hearth.shadow.document.ShadowJson;
import io.hearth.shadow.document.ShadowRequest;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.ThrottledException;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Base64;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The shadow routes of AWS IoT's data plane, at the root, so that AWS SDKs work with their endpoint set to this service.
 * Errors are told as those expect them: by the header {@code x-amzn-ErrorType}.
 *
 * <p>https://docs.aws.amazon.com/iot/latest/apireference/API_Operations_AWS_IoT_Data_Plane.html
 */
@Singleton
public class AwsShadowRoutes {
    /** Behind the gate and the decoding of colons, before the limit of bodies, which would not answer as AWS does. */
    private static final int PRIORITY = 1_500;

    private static final Logger LOG = Logger.getLogger(AwsShadowRoutes.class);
    private static final JsonFactory JSON = new JsonFactory();
    private static final int DEFAULT_PAGE = 25;
    private static final int MAX_PAGE = 100;

    private final ShadowService shadows;
    private final ShadowStore store;
    private final InstantSource clock;

    @Inject
    public AwsShadowRoutes(ShadowService shadows, ShadowStore store, InstantSource clock) {
        this.shadows = shadows;
        this.store = store;
        this.clock = clock;
    }

    void register(@Observes Filters filters) {
        filters.register(this::route, PRIORITY);
    }

    private void route(RoutingContext context) {
        Matcher path = AwsGate.ROUTES.matcher(context.normalizedPath());
        if (!path.matches()) {
            context.next();
            return;
        }
        try {
            boolean listing = path.group(2) != null;
            String thing = listing ? path.group(2) : path.group(1);
            HttpMethod method = context.request().method();
            if (!method.equals(HttpMethod.GET)
                    && (listing || !method.equals(HttpMethod.POST) && !method.equals(HttpMethod.DELETE))) {
                throw new ShadowException(new ShadowError(405, "Method not allowed"), null);
            }
            if (!DeviceId.isValid(thing)) {
                throw new ShadowException(ShadowError.THING_NOT_FOUND, null);
            }
            if (listing) {
                list(context, new DeviceId(thing));
                return;
            }
            String name = context.request().getParam("name", "");
            if (!name.isEmpty() && !ShadowId.isName(name)) {
                throw new ShadowException(ShadowError.noShadow(name), null);
            }
            serve(context, method, new ShadowId(new DeviceId(thing), name));
        } catch (ShadowException refused) {
            fail(context, refused);
        }
    }

    private void serve(RoutingContext context, HttpMethod method, ShadowId id) {
        if (method.equals(HttpMethod.GET)) {
            answer(
                    context,
                    shadows.get(id, () -> ShadowRequest.BARE)
                            .thenApply(found -> ShadowJson.whole(found.document(), seconds(), null)));
        } else if (method.equals(HttpMethod.DELETE)) {
            answer(
                    context,
                    shadows.delete(id, () -> ShadowRequest.BARE, ShadowResource.BY)
                            .thenApply(found -> ShadowJson.deleted(found.document(), seconds(), null)));
        } else {
            withBody(
                    context,
                    body -> answer(
                            context,
                            shadows.update(id, () -> ShadowRequest.update(body, shadows.limits()), ShadowResource.BY)
                                    .thenApply(ShadowJson::accepted)));
        }
    }

    private interface WithBody {
        void accept(byte[] body);
    }

    private void withBody(RoutingContext context, WithBody then) {
        Buffer read = context.get(AwsGate.BODY);
        if (read != null) {
            then.accept(read.getBytes());
            return;
        }
        AwsGate.readBody(context.request(), body -> {
            if (body == null) {
                fail(context, new ShadowException(ShadowError.TOO_LARGE, null));
            } else {
                then.accept(body.getBytes());
            }
        });
    }

    private void list(RoutingContext context, DeviceId thing) {
        String size = parameter(context, "pageSize");
        int limit = DEFAULT_PAGE;
        if (size != null) {
            limit = size.matches("[0-9]{1,3}") ? Integer.parseInt(size) : 0;
            if (limit < 1 || limit > MAX_PAGE) {
                throw new ShadowException(new ShadowError(400, "Invalid pageSize"), null);
            }
        }
        String after = nameIn(parameter(context, "nextToken"));
        answer(context, store.names(thing, after, limit).map(this::listed).subscribeAsCompletionStage());
    }

    /** A parameter of the query; an empty one is none, as everywhere. */
    private static @Nullable String parameter(RoutingContext context, String name) {
        String value = context.request().getParam(name);
        return value == null || value.isEmpty() ? null : value;
    }

    private static @Nullable String nameIn(@Nullable String token) {
        if (token == null) {
            return null;
        }
        try {
            String name = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.US_ASCII);
            if (ShadowId.isName(name)) {
                return name;
            }
        } catch (IllegalArgumentException notBase64) {
            // Told below.
        }
        throw new ShadowException(new ShadowError(400, "Invalid nextToken"), null);
    }

    private byte[] listed(NamePage page) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator out = JSON.createGenerator(bytes)) {
            out.writeStartObject();
            out.writeArrayFieldStart("results");
            for (String name : page.names()) {
                out.writeString(name);
            }
            out.writeEndArray();
            if (page.next() != null) {
                out.writeStringField(
                        "nextToken",
                        Base64.getUrlEncoder()
                                .withoutPadding()
                                .encodeToString(page.next().getBytes(StandardCharsets.US_ASCII)));
            }
            out.writeNumberField("timestamp", seconds());
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory does not fail", e);
        }
        return bytes.toByteArray();
    }

    private void answer(RoutingContext context, CompletionStage<byte[]> json) {
        json.whenComplete((body, failure) -> {
            if (failure == null) {
                end(context, 200, body);
            } else {
                Throwable cause = failure.getCause() == null ? failure : failure.getCause();
                fail(context, cause);
            }
        });
    }

    private void fail(RoutingContext context, Throwable failure) {
        ShadowError error;
        String token = null;
        if (failure instanceof ShadowException refused) {
            error = refused.error();
            token = refused.clientToken();
        } else if (failure instanceof ThrottledException || failure instanceof OutcomeUnknownException) {
            error = new ShadowError(503, "Service unavailable");
        } else {
            LOG.error("A request for a shadow failed", failure);
            error = ShadowError.INTERNAL;
        }
        context.response().putHeader("x-amzn-ErrorType", typeOf(error.code()));
        end(context, error.code(), ShadowJson.rejected(error, seconds(), token));
    }

    private static String typeOf(int code) {
        return switch (code) {
            case 404 -> "ResourceNotFoundException";
            case 405 -> "MethodNotAllowedException";
            case 409 -> "ConflictException";
            case 413 -> "RequestEntityTooLargeException";
            case 415 -> "UnsupportedDocumentEncodingException";
            case 429 -> "ThrottlingException";
            case 500 -> "InternalFailureException";
            case 503 -> "ServiceUnavailableException";
            default -> "InvalidRequestException";
        };
    }

    private static void end(RoutingContext context, int status, byte[] json) {
        // Vert.x takes answers from any thread.
        context.response()
                .setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        AnswerBody.end(context, Buffer.buffer(json));
    }

    private long seconds() {
        return clock.instant().getEpochSecond();
    }
}
