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
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Stands before every HTTP route, also those that are not ours (metrics, OpenAPI, Swagger UI), and lets only the bearer of
 * the admin token pass. Three concessions: a bare health answer, up or down, is for everybody, as load balancers show no
 * credentials; reading {@code /q/…} takes the token also as an HTTP Basic password, as a browser cannot be told to
 * send a bearer token; and the paths of InfluxDB's, Prometheus' and AWS' clients take it in the ways that those send it. Nothing
 * else takes Basic, and only {@code /q/} asks for it: a browser that was asked would attach it to the requests of foreign
 * pages, too.
 */
@Singleton
public class HttpGate {
    private static final int BEFORE_EVERYTHING = 10_000;
    private static final String WWW_AUTHENTICATE = "WWW-Authenticate";
    private static final String BEARER = "Bearer ";
    private static final String BASIC = "Basic ";
    private static final String TOKEN = "Token ";

    /** Clients of InfluxDB 1 send the token as the password of HTTP Basic, or as the parameter p. */
    private static final Set<String> INFLUX_1 = Set.of("/write", "/query");

    /** Clients of InfluxDB 2 send it under a scheme of their own. */
    private static final String INFLUX_2 = "/api/v2/write";

    /** What other regions read, with a token that is good for nothing else. */
    private static final Set<String> PEERING = Set.of(
            "/api/v1/sync/changes",
            "/api/v1/sync/snapshot",
            "/api/v1/sync/digests",
            "/api/v1/sync/window",
            "/api/v1/sync/shadow");

    private static final String OPERATIONS = "/q/";
    private static final String PROMETHEUS = "/prometheus/";
    private static final String UNAUTHORIZED_BODY = """
            {"type":"urn:hearth:problem:unauthorized","title":"Unauthorized","status":401,\
            "detail":"Send the header Authorization: Bearer with the admin token."}""";

    private final Credentials credentials;
    private final SmallRyeHealthReporter health;
    private final AwsGate aws;
    private final Counter refused;

    @Inject
    public HttpGate(Credentials credentials, SmallRyeHealthReporter health, AwsGate aws, MeterRegistry metrics) {
        this.aws = aws;
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
        // A query too long for a URL is read by POST.
        boolean querying =
                context.normalizedPath().startsWith(PROMETHEUS) && (reading || request.method() == HttpMethod.POST);
        String authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
        boolean influx1 = INFLUX_1.contains(context.normalizedPath());
        boolean influx = influx1 || context.normalizedPath().equals(INFLUX_2);
        String token = tokenIn(authorization, operations && reading || querying || influx1, influx);
        if (token == null && influx1) {
            token = request.getParam("p");
        }
        boolean peering = reading && PEERING.contains(context.normalizedPath());
        // A path that was rerouted comes here again.
        if (credentials.acceptsAdmin(token)
                || peering && credentials.acceptsPeer(token)
                || context.get(AwsGate.BODY) != null) {
            context.next();
            return;
        }
        if (aws.guards(context.normalizedPath())) {
            admitAws(context, authorization);
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

    private void admitAws(RoutingContext context, @Nullable String authorization) {
        if (authorization != null && AwsGate.isSignature(authorization)) {
            aws.admit(context, authorization, () -> {
                refused.increment();
                aws.refuse(context, true);
            });
        } else {
            refused.increment();
            aws.refuse(context, authorization != null);
        }
    }

    private static @Nullable String tokenIn(@Nullable String authorization, boolean basicToo, boolean tokenToo) {
        if (authorization == null) {
            return null;
        }
        if (isOfScheme(BEARER, authorization)) {
            return authorization.substring(BEARER.length()).strip();
        }
        if (tokenToo && isOfScheme(TOKEN, authorization)) {
            return authorization.substring(TOKEN.length()).strip();
        }
        if (basicToo && isOfScheme(BASIC, authorization)) {
            return passwordIn(authorization.substring(BASIC.length()).strip());
        }
        return null;
    }

    private static boolean isOfScheme(String scheme, String authorization) {
        return authorization.regionMatches(true, 0, scheme, 0, scheme.length());
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
