package io.hearth.rest.http;

import java.io.IOException;
import java.io.OutputStream;
import java.util.function.BooleanSupplier;

/** An answer whose body is written while it is made, on a thread that may block. */
public record StreamedAnswer(LongBody body) {
    /** Writes a body. */
    public interface Body {
        /**
         * Writes all of it. What fails before anything was sent becomes a problem answer; later it breaks the connection,
         * so that no client takes half a body for a whole one.
         */
        void writeTo(OutputStream out) throws IOException;
    }

    /** Writes a body that takes long to make, so that it is worth to stop when the client has gone. */
    public interface LongBody {
        /**
         * As {@link Body#writeTo(OutputStream)}.
         *
         * @param clientGone whether nobody waits for the body any more
         */
        void writeTo(OutputStream out, BooleanSupplier clientGone) throws IOException;
    }

    public StreamedAnswer(Body body) {
        this((out, clientGone) -> body.writeTo(out));
    }
}
