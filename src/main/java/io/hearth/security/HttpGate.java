package io.hearth.security;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.smallrye.health.SmallRyeHealth;
import io.smallrye.health.SmallRyeHealthReporter;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Stands before every HTTP route, also those that are not ours (metrics, OpenAPI, Swagger UI), and lets only the bearer of
 * the admin token pass. Two concessions: a bare health answer, up or down, is for everybody, as load balancers show no
 * credentials; and reading {@code /q/…} takes the token also as an HTTP Basic password, as a browser cannot be told to
 * send a bearer token. Nothing else takes Basic, which a browser would attach to the requests of foreign pages, too.
 */
@Singleton
public class HttpGate {
    private static final int BEFORE_EVERYTHING = 10_000;
    private static final String WWW_AUTHENTICATE = "WWW-Authenticate";
    private static final String BEARER = "Bearer ";
    private static final String BASIC = "Basic ";
    private static final String OPERATIONS = "/q/";
    private static final String UNAUTHORIZED_BODY = """
            {"type":"urn:hearth:problem:unauthorized","title":"Unauthorized","status":401,\
            "detail":"Send the header Authorization: Bearer with the admin token."}""";

    private final Credentials credentials;
    private final SmallRyeHealthReporter health;
    private final Counter refused;

    @Inject
    public HttpGate(Credentials credentials, SmallRyeHealthReporter health, MeterRegistry metrics) {
        this.credentials = credentials;
        this.health = health;
        refused = Counter.builder("hearth.http.unauthorized")
                .description("HTTP requests refused for missing or wrong credentials")
                .register(metrics);
    }

    void register(@Observes Filters filters) {
        filters.register(this::admit, BEFORE_EVERYTHING);
    }

    private void admit(RoutingContext context) {
        HttpServerRequest request = context.request();
        boolean operations = context.normalizedPath().startsWith(OPERATIONS);
        boolean reading = request.method() == HttpMethod.GET || request.method() == HttpMethod.HEAD;
        String authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
        if (credentials.acceptsAdmin(tokenIn(authorization, operations && reading))) {
            context.next();
            return;
        }
        if (reading && authorization == null) {
            switch (request.path()) {
                case "/q/health/live" -> {
                    answerBare(context, health.getLivenessAsync());
                    return;
                }
                case "/q/health/ready" -> {
                    answerBare(context, health.getReadinessAsync());
                    return;
                }
                default -> {}
            }
        }
        refuse(context, operations);
    }

    private static @Nullable String tokenIn(@Nullable String authorization, boolean basicToo) {
        if (authorization == null) {
            return null;
        }
        if (authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return authorization.substring(BEARER.length()).strip();
        }
        if (basicToo && authorization.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
            return passwordIn(authorization.substring(BASIC.length()).strip());
        }
        return null;
    }

    private static @Nullable String passwordIn(String basicCredentials) {
        try {
            String pair = new String(Base64.getDecoder().decode(basicCredentials), StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            return colon < 0 ? null : pair.substring(colon + 1);
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
    }

    private static void answerBare(RoutingContext context, Uni<SmallRyeHealth> checked) {
        checked.subscribe()
                .with(
                        health -> context.response()
                                .setStatusCode(health.isDown() ? 503 : 200)
                                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                                .end(health.isDown() ? "{\"status\":\"DOWN\"}" : "{\"status\":\"UP\"}"),
                        context::fail);
    }

    private void refuse(RoutingContext context, boolean operations) {
        refused.increment();
        var response = context.response()
                .setStatusCode(401)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/problem+json")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        response.headers().add(WWW_AUTHENTICATE, "Bearer realm=\"hearth\"");
        if (operations) {
            response.headers().add(WWW_AUTHENTICATE, "Basic realm=\"hearth\", charset=\"UTF-8\"");
        }
        response.end(UNAUTHORIZED_BODY);
    }
}
