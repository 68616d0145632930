package io.hearth.route;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;

/** The end of an answer that is written without a resource. */
public final class AnswerBody {
    private AnswerBody() {}

    /**
     * Ends the answer with {@code body}, or without one if HEAD was asked (RFC 9110, section 9.3.2). Vert.x leaves the body out
     * over HTTP/1.1 only; over HTTP/2 clients take it for an error of the protocol.
     */
    public static void end(RoutingContext context, String body) {
        end(context, Buffer.buffer(body));
    }

    /** As above. */
    public static void end(RoutingContext context, Buffer body) {
        if (context.request().method() == HttpMethod.HEAD) {
            context.response().end();
        } else {
            context.response().end(body);
        }
    }
}
