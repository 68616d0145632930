package io.hearth.rest.http;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.regex.Pattern;

/**
 * Takes {@code %3A} in a path for a colon, as in {@code /readings%3Abatch}: many clients encode it, although a path may hold
 * it as it is (RFC 3986, section 3.3), and the router compares paths undecoded.
 */
@Singleton
public class EncodedColon {
    private static final int BEHIND_THE_GATE = 2_000;
    private static final Pattern COLON = Pattern.compile("%3A", Pattern.CASE_INSENSITIVE);

    void register(@Observes Filters filters) {
        filters.register(this::decode, BEHIND_THE_GATE);
    }

    private void decode(RoutingContext context) {
        String path = context.request().path();
        String decoded = COLON.matcher(path).replaceAll(":");
        if (decoded.equals(path)) {
            context.next();
            return;
        }
        String query = context.request().query();
        context.reroute(query == null ? decoded : decoded + '?' + query);
    }
}
