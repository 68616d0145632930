package io.hearth.security;

import io.hearth.identity.Principal;
import io.vertx.ext.web.RoutingContext;

/** Who asks, as the gate has found out; goes with the request. */
public final class RequestPrincipal {
    private static final String KEY = "hearth.principal";

    private RequestPrincipal() {}

    static void set(RoutingContext context, Principal principal) {
        context.put(KEY, principal);
    }

    /** Who asks; {@link Principal#NOBODY} before the gate. */
    public static Principal of(RoutingContext context) {
        Principal principal = context.get(KEY);
        return principal == null ? Principal.NOBODY : principal;
    }
}
