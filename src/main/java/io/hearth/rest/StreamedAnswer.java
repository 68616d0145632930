package io.hearth.rest;

import java.io.IOException;
import java.io.OutputStream;

/** An answer whose body is written while it is made, on a thread that may block. */
public record StreamedAnswer(Body body) {
    /** Writes a body. */
    public interface Body {
        /**
         * Writes all of it. What fails before anything was sent becomes a problem answer; later it breaks the connection,
         * so that no client takes half a body for a whole one.
         */
        void writeTo(OutputStream out) throws IOException;
    }
}
