package io.hearth.rest.http;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * Reads on, without keeping it, what a request still sends when its answer is out: a refusal comes before the body has been
 * read, and many clients look at the answer only when they have sent all of it. Up to a bound; then the connection is closed.
 */
@Singleton
public class UnreadBodies {
    private static final int BEFORE_THE_GATE = 20_000;
    private static final long MAX_DISCARDED_BYTES = 64L << 20;

    void register(@Observes Filters filters) {
        filters.register(this::watch, BEFORE_THE_GATE);
    }

    private void watch(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (!request.isEnded()) {
            Context connectionContext = Vertx.currentContext();
            context.addEndHandler(ended -> connectionContext.runOnContext(now -> discard(request)));
        }
        context.next();
    }

    private static void discard(HttpServerRequest request) {
        if (request.isEnded()) {
            return;
        }
        long readBefore = request.bytesRead();
        request.exceptionHandler(gone -> {});
        request.handler(piece -> {
            if (request.bytesRead() - readBefore > MAX_DISCARDED_BYTES) {
                request.connection().close();
            }
        });
        request.resume();
    }
}
