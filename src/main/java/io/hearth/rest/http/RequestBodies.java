package io.hearth.rest.http;

import io.hearth.config.LimitsConfig;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Unpacks what requests send that may have any length, within what packed bodies may become. */
@Singleton
public class RequestBodies {
    private final UnpackedBody.Limits limits;

    @Inject
    public RequestBodies(LimitsConfig config) {
        limits = new UnpackedBody.Limits(
                config.unpackedRatio(), config.unpackedBytes().asLongValue());
    }

    /** As {@link UnpackedBody#of}. */
    public UnpackedBody unpacked(InputStream body, @Nullable String contentEncoding) throws IOException {
        return UnpackedBody.of(body, contentEncoding, limits);
    }
}
