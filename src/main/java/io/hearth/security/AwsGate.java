package io.hearth.security;

import io.hearth.identity.Principal;
import io.hearth.identity.Right;
import io.hearth.route.AnswerBody;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Lets requests to the shadow routes of AWS IoT's data plane in, which AWS SDKs sign: whoever signs with the admin token as
 * the secret access key knows it. The access key id may be any.
 *
 * <p>A signature covers the body, so that is read here, and handed on.
 */
@Singleton
public class AwsGate {
    /** Under this name the routing context has the body, a {@link Buffer}, if it was read here. */
    public static final String BODY = "hearth.aws.body";

    /** The routes: nothing else answers at these paths. */
    public static final Pattern ROUTES =
            Pattern.compile("/things/([^/]+)/shadow|/api/things/shadow/ListNamedShadowsForThing/([^/]+)");

    /** Larger than any request that is accepted; of a larger one nothing more is read. */
    public static final int MAX_BODY_BYTES = 160 * 1024;

    private final Credentials credentials;
    private final InstantSource clock;

    @Inject
    public AwsGate(Credentials credentials, InstantSource clock) {
        this.credentials = credentials;
        this.clock = clock;
    }

    /** Whether a path is one of {@link #ROUTES}. */
    boolean guards(String path) {
        return ROUTES.matcher(path).matches();
    }

    /** Whether an {@code Authorization} header is a signature. */
    static boolean isSignature(String authorization) {
        return authorization.startsWith(AwsSignature.SCHEME);
    }

    /**
     * Reads a body and hands it on, or null in its place if it is larger than {@link #MAX_BODY_BYTES}. What fails ends with
     * the connection.
     */
    public static void readBody(HttpServerRequest request, Consumer<@Nullable Buffer> then) {
        Buffer body = Buffer.buffer();
        boolean[] tooLarge = {false};
        request.handler(piece -> {
            if (body.length() + piece.length() > MAX_BODY_BYTES) {
                tooLarge[0] = true;
            } else if (!tooLarge[0]) {
                body.appendBuffer(piece);
            }
        });
        request.endHandler(end -> then.accept(tooLarge[0] ? null : body));
        request.resume();
    }

    /** Reads and checks a signed request, and goes on with it or refuses it. */
    void admit(RoutingContext context, String authorization, Runnable refused) {
        HttpServerRequest request = context.request();
        String uri = request.uri();
        Map<String, List<String>> headers = new HashMap<>();
        request.headers()
                .forEach(header -> headers.computeIfAbsent(
                                header.getKey().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
                        .add(header.getValue()));
        readBody(request, body -> {
            if (body == null) {
                refuse(context, 413, "RequestEntityTooLargeException", "The payload exceeds the maximum size allowed");
                return;
            }
            AwsSignature signature = AwsSignature.of(
                    authorization,
                    new AwsSignature.Signed(request.method().name(), uri, headers, body.getBytes()),
                    clock.instant());
            Principal signer = signature == null ? Principal.NOBODY : credentials.signer(signature);
            if (signer.may(Right.ADMINISTER)) {
                context.put(BODY, body);
                RequestPrincipal.set(context, signer);
                context.next();
            } else {
                refused.run();
            }
        });
    }

    /** Refuses in the words of AWS. */
    void refuse(RoutingContext context, boolean hasCredentials) {
        if (hasCredentials) {
            refuse(context, 403, "ForbiddenException", "Forbidden");
        } else {
            refuse(context, 401, "UnauthorizedException", "Unauthorized");
        }
    }

    private void refuse(RoutingContext context, int status, String type, String message) {
        context.response()
                .setStatusCode(status)
                .putHeader("x-amzn-ErrorType", type)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
        AnswerBody.end(
                context,
                "{\"code\":" + status + ",\"message\":\"" + message + "\",\"timestamp\":"
                        + clock.instant().getEpochSecond() + "}");
    }
}
