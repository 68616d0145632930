package io.hearth.security;

import io.hearth.identity.Principal;
import io.hearth.identity.Right;
import io.hearth.limits.ConnectionGuard;
import io.hearth.limits.Connections;
import io.hearth.limits.SignInDelay;
import io.hearth.route.AnswerBody;
import io.hearth.route.Routes;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.smallrye.health.SmallRyeHealth;
import io.smallrye.health.SmallRyeHealthReporter;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Stands before every HTTP route, also those that are not ours (metrics, OpenAPI, Swagger UI), and lets only those pass who
 * may do what the route {@link io.hearth.identity.Requires requires}, which is the admin where it says nothing. Three concessions: a bare health answer, up or down, is for everybody, as load balancers and clients of
 * InfluxDB that ask before they write show no credentials; reading {@code /q/…} takes the token also as an HTTP Basic password, as a browser cannot be told to
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

    /**
     * Clients of InfluxDB 1 send the token as the password of HTTP Basic. Not as the parameter p: a token in a URL stands in the
     * logs of every proxy.
     */
    private static final Set<String> INFLUX_1 = Set.of("/write", "/query");

    /** Clients of InfluxDB 2 send it under a scheme of their own. */
    private static final String INFLUX_2 = "/api/v2/write";

    /** What clients of InfluxDB ask first: whether anybody is there, and whether writes are taken. */
    private static final String INFLUX_PING = "/ping";

    private static final String INFLUX_HEALTH = "/health";

    private static final String OPERATIONS = "/q/";
    private static final String PROMETHEUS = "/prometheus/";
    private static final String UNAUTHORIZED_BODY = """
            {"type":"urn:hearth:problem:unauthorized","title":"Unauthorized","status":401,\
            "detail":"Send the header Authorization: Bearer with the admin token."}""";

    private static final String FOREIGN_PAGE_BODY = """
            {"type":"urn:hearth:problem:foreign-origin","title":"Forbidden","status":403,\
            "detail":"While authentication is off, only pages and programs of this machine are served, by the name localhost."}""";

    private static final String INFLUX_PASS_BODY =
            "{\"name\":\"hearth\",\"message\":\"ready for writes\",\"status\":\"pass\",\"checks\":[]}";
    private static final String INFLUX_FAIL_BODY =
            "{\"name\":\"hearth\",\"message\":\"not ready\",\"status\":\"fail\",\"checks\":[]}";

    private static final Set<String> LOOPBACK_NAMES = Set.of("localhost", "127.0.0.1", "::1", "[::1]");

    private final Credentials credentials;
    private final SmallRyeHealthReporter health;
    private final AwsGate aws;
    private final Routes routes;
    private final SignInDelay delays;
    private final Counter refused;

    @Inject
    public HttpGate(
            Credentials credentials,
            SmallRyeHealthReporter health,
            AwsGate aws,
            Routes routes,
            SignInDelay delays,
            MeterRegistry metrics) {
        this.aws = aws;
        this.routes = routes;
        this.delays = delays;
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
        Channel channel = channelOf(request);
        ConnectionGuard.requestRead(channel);
        if (!credentials.required() && !isOfThisMachine(request)) {
            answer(context, 403, FOREIGN_PAGE_BODY);
            return;
        }
        boolean reading = request.method() == HttpMethod.GET || request.method() == HttpMethod.HEAD;
        if (reading && answersInflux(context)) {
            return;
        }
        boolean operations = context.normalizedPath().startsWith(OPERATIONS);
        // A query too long for a URL is read by POST.
        boolean querying =
                context.normalizedPath().startsWith(PROMETHEUS) && (reading || request.method() == HttpMethod.POST);
        List<String> authorizations = request.headers().getAll(HttpHeaders.AUTHORIZATION);
        // Of two, a proxy before the service may have checked the other one: neither counts.
        String authorization = authorizations.size() == 1 ? authorizations.get(0) : null;
        boolean influx1 = INFLUX_1.contains(context.normalizedPath());
        boolean influx = influx1 || context.normalizedPath().equals(INFLUX_2);
        String token = tokenIn(authorization, operations && reading || querying || influx1, influx);
        // A path that was rerouted comes here again.
        Principal known = RequestPrincipal.of(context);
        Principal principal = known.equals(Principal.NOBODY) ? credentials.bearer(token) : known;
        if (mayCall(principal, request.method(), context.normalizedPath())) {
            RequestPrincipal.set(context, principal);
            ConnectionGuard.signedIn(channel);
            context.next();
            return;
        }
        if (aws.guards(context.normalizedPath())) {
            admitAws(context, authorization, !authorizations.isEmpty());
            return;
        }
        if (reading && authorizations.isEmpty()) {
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

    private boolean mayCall(Principal principal, HttpMethod method, String path) {
        // Who may everything is let in without a look at the routes.
        return principal.may(Right.ADMINISTER)
                || !principal.equals(Principal.NOBODY) && principal.may(routes.rightFor(method.name(), path));
    }

    private void admitAws(RoutingContext context, @Nullable String authorization, boolean showsAny) {
        if (authorization != null && AwsGate.isSignature(authorization)) {
            aws.admit(context, authorization, () -> later(context, () -> aws.refuse(context, true)));
        } else if (showsAny) {
            later(context, () -> aws.refuse(context, true));
        } else {
            refused.increment();
            aws.refuse(context, false);
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

    /** Answers what clients of InfluxDB ask first, in its words, whatever credentials come with it. */
    private boolean answersInflux(RoutingContext context) {
        switch (context.request().path()) {
            case INFLUX_PING ->
                context.response()
                        .setStatusCode(204)
                        .putHeader("X-Influxdb-Version", "hearth")
                        .end();
            case INFLUX_HEALTH ->
                health.getReadinessAsync()
                        .subscribe()
                        .with(
                                ready -> answerJson(
                                        context, ready, ready.isDown() ? INFLUX_FAIL_BODY : INFLUX_PASS_BODY),
                                context::fail);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void answerBare(RoutingContext context, Uni<SmallRyeHealth> checked) {
        checked.subscribe()
                .with(
                        health -> answerJson(
                                context, health, health.isDown() ? "{\"status\":\"DOWN\"}" : "{\"status\":\"UP\"}"),
                        context::fail);
    }

    private static void answerJson(RoutingContext context, SmallRyeHealth health, String body) {
        context.response()
                .setStatusCode(health.isDown() ? 503 : 200)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
        AnswerBody.end(context, body);
    }

    private void refuse(RoutingContext context, boolean operations) {
        HttpServerResponse response = context.response();
        response.headers().add(WWW_AUTHENTICATE, "Bearer realm=\"hearth\"");
        if (operations) {
            response.headers().add(WWW_AUTHENTICATE, "Basic realm=\"hearth\", charset=\"UTF-8\"");
        }
        if (!context.request().headers().contains(HttpHeaders.AUTHORIZATION)) {
            refused.increment();
            answer(context, 401, UNAUTHORIZED_BODY);
        } else {
            later(context, () -> answer(context, 401, UNAUTHORIZED_BODY));
        }
    }

    /** Refuses wrong credentials, and those who guess a while later. */
    private void later(RoutingContext context, Runnable refusal) {
        refused.increment();
        Duration delay = delays.refused(Connections.addressOf(channelOf(context.request())));
        if (delay.isZero()) {
            refusal.run();
        } else {
            context.vertx().setTimer(delay.toMillis(), timer -> {
                if (!context.response().closed()) {
                    refusal.run();
                }
            });
        }
    }

    private static void answer(RoutingContext context, int status, String body) {
        context.response()
                .setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/problem+json")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        AnswerBody.end(context, body);
    }

    private static Channel channelOf(HttpServerRequest request) {
        return ((ConnectionBase) request.connection()).channel();
    }

    /**
     * Whether a request without credentials comes from a program or page of this machine. A page from elsewhere could otherwise
     * have a browser here send requests: by its Origin, or by a name of its own that it lets point to 127.0.0.1 (DNS rebinding).
     */
    private static boolean isOfThisMachine(HttpServerRequest request) {
        HostAndPort host = request.authority();
        if (host == null || !LOOPBACK_NAMES.contains(host.host())) {
            return false;
        }
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        return origin == null || origin.equals(request.scheme() + "://" + request.getHeader(HttpHeaders.HOST));
    }
}
