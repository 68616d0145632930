package io.hearth.rest.prometheus;

import io.hearth.rest.StreamedAnswer;
import io.hearth.rest.format.TextOutput;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;

/** A successful answer: its envelope, around data that are written as they are found. */
final class Answer {
    private static final String TRUNCATED = ",\"warnings\":[\"results truncated due to limit\"]";

    /** Writes data. */
    interface Data {
        /** Writes all of it; tells whether something was left out for {@code limit}. */
        boolean writeTo(TextOutput out) throws IOException;
    }

    private Answer() {}

    static Response of(Data data) {
        StreamedAnswer.Body body = sink -> {
            HeldOutput held = new HeldOutput(sink);
            TextOutput out = new TextOutput(held);
            out.ascii("{\"status\":\"success\",\"data\":");
            boolean truncated = data.writeTo(out);
            out.ascii(truncated ? TRUNCATED : "");
            out.ascii('}');
            out.flush();
            held.release();
        };
        return Response.ok(new StreamedAnswer(body), MediaType.APPLICATION_JSON_TYPE)
                .build();
    }

    /** Data that are the same for every request; ASCII. */
    static Response fixed(String json) {
        return of(out -> {
            out.ascii(json);
            return false;
        });
    }

    /** A list of texts, at most {@code limit} of them. */
    static Response texts(Iterable<String> texts, long limit) {
        return of(out -> {
            long written = 0;
            out.ascii('[');
            for (String text : texts) {
                if (written == limit) {
                    out.ascii(']');
                    return true;
                }
                out.ascii(written++ == 0 ? "" : ",");
                out.jsonString(text);
            }
            out.ascii(']');
            return false;
        });
    }
}
