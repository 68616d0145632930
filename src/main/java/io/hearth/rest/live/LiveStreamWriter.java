package io.hearth.rest.live;

import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerHttpResponse;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/** Leaves the response open and has the feed write to it. Made before there are settings, so it has nothing injected. */
@Provider
@Produces(MediaType.SERVER_SENT_EVENTS)
public final class LiveStreamWriter implements ServerMessageBodyWriter<LiveStream> {
    @Override
    public boolean isWriteable(Class<?> type, Type generic, ResteasyReactiveResourceInfo target, MediaType mediaType) {
        return LiveStream.class.isAssignableFrom(type);
    }

    @Override
    public boolean isWriteable(Class<?> type, Type generic, Annotation[] annotations, MediaType mediaType) {
        return LiveStream.class.isAssignableFrom(type);
    }

    @Override
    public void writeResponse(LiveStream stream, Type generic, ServerRequestContext context) {
        ServerHttpResponse response = context.serverResponse();
        response.setResponseHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        // Reverse proxies would wait for more of it.
        response.setResponseHeader("X-Accel-Buffering", "no");
        stream.subscription().start(ServerSentEvents.open(response, stream.feed()));
    }

    @Override
    public void writeTo(
            LiveStream stream,
            Class<?> type,
            Type generic,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream body) {
        throw new UnsupportedOperationException("a live stream is written to the response itself");
    }
}
