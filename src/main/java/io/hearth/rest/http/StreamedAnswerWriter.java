package io.hearth.rest.http;

import io.hearth.limits.QueryRefusedException;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.util.List;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerHttpResponse;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/** Sends {@link StreamedAnswer}s, compressed if the client asks for gzip, no faster than the client reads. */
@Provider
@Produces({MediaType.APPLICATION_JSON, "text/csv", "application/x-ndjson", "application/vnd.apache.parquet"})
public final class StreamedAnswerWriter implements ServerMessageBodyWriter<StreamedAnswer> {
    private static final int GZIP_BUFFER_BYTES = 8192;
    private static final Logger LOG = Logger.getLogger(StreamedAnswerWriter.class);

    @Override
    public boolean isWriteable(Class<?> type, Type generic, ResteasyReactiveResourceInfo target, MediaType mediaType) {
        return StreamedAnswer.class.isAssignableFrom(type);
    }

    @Override
    public boolean isWriteable(Class<?> type, Type generic, Annotation[] annotations, MediaType mediaType) {
        return StreamedAnswer.class.isAssignableFrom(type);
    }

    @Override
    public void writeResponse(StreamedAnswer answer, Type generic, ServerRequestContext context) throws IOException {
        ServerHttpResponse response = context.serverResponse();
        response.setResponseHeader(HttpHeaders.VARY, List.of(HttpHeaders.ACCEPT, HttpHeaders.ACCEPT_ENCODING));
        ResponseStream stream = new ResponseStream(response);
        try {
            List<String> encodings = context.getRequestHeaders().getRequestHeader(HttpHeaders.ACCEPT_ENCODING);
            if (encodings.stream().anyMatch(FastGzip::isAskedForBy)) {
                response.setResponseHeader(HttpHeaders.CONTENT_ENCODING, "gzip");
                OutputStream gzip = new FastGzip(stream, GZIP_BUFFER_BYTES);
                answer.body().writeTo(gzip, response::closed);
                gzip.close();
            } else {
                answer.body().writeTo(stream, response::closed);
            }
            stream.close();
        } catch (ResponseStream.ClientGoneException gone) {
            LOG.debug("the client has gone before the answer was whole", gone);
            response.reset();
        } catch (IOException | RuntimeException failure) {
            if (!stream.isCommitted()) {
                response.removeResponseHeader(HttpHeaders.CONTENT_ENCODING);
                throw failure;
            }
            if (failure instanceof QueryRefusedException refused) {
                LOG.warnf("an answer was broken off midway: %s", refused.getMessage());
            } else {
                LOG.error("an answer was broken off midway", failure);
            }
            response.reset();
        }
    }

    @Override
    public void writeTo(
            StreamedAnswer answer,
            Class<?> type,
            Type generic,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream body)
            throws IOException {
        answer.body().writeTo(body, () -> false);
    }
}
