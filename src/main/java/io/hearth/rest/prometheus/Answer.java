package io.hearth.rest.prometheus;

import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.limits.QueryRefusedException;
import io.hearth.limits.RunningQueries;
import io.hearth.promql.PromQlException;
import io.hearth.promql.QueryBudget;
import io.hearth.rest.format.TextOutput;
import io.hearth.rest.http.StreamedAnswer;
import io.hearth.rest.problem.Damage;
import io.hearth.table.TableException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.function.LongConsumer;

/** A successful answer: its envelope, around data that are written as they are found. */
final class Answer {
    private static final String TRUNCATED = ",\"warnings\":[\"results truncated due to limit\"]";

    /** Writes data. */
    interface Data {
        /** Writes all of it; tells whether something was left out for {@code limit}. */
        boolean writeTo(TextOutput out) throws IOException;
    }

    /** Writes data that a query finds. */
    interface QueryData {
        /** As {@link Data#writeTo(TextOutput)}, within what the query may use. */
        boolean writeTo(TextOutput out, QueryBudget budget) throws IOException;
    }

    private Answer() {}

    static Response of(Data data) {
        return Response.ok(new StreamedAnswer(sink -> write(sink, bytes -> {}, data)), MediaType.APPLICATION_JSON_TYPE)
                .build();
    }

    /** What a query finds that counts among the running ones from here on, and that ends when its client goes. */
    static Response of(RunningQueries queries, Duration timeout, QueryData data) {
        StreamedAnswer.LongBody body = (sink, clientGone) -> {
            long beganNanos = System.nanoTime();
            try (RunningQueries.Share share = queries.begin(clientGone, timeout)) {
                QueryBudget budget = new QueryBudget(timeout.minusNanos(System.nanoTime() - beganNanos), share);
                write(sink, budget::holdBytes, out -> data.writeTo(out, budget));
            } catch (QueryRefusedException refused) {
                throw PromQlException.of(refused);
            }
        };
        return Response.ok(new StreamedAnswer(body), MediaType.APPLICATION_JSON_TYPE)
                .build();
    }

    private static void write(OutputStream sink, LongConsumer memory, Data data) throws IOException {
        HeldOutput held = new HeldOutput(sink, memory);
        TextOutput out = new TextOutput(held);
        out.ascii("{\"status\":\"success\",\"data\":");
        boolean truncated = write(data, out);
        out.ascii(truncated ? TRUNCATED : "");
        out.ascii('}');
        out.flush();
        held.release();
    }

    private static boolean write(Data data, TextOutput out) throws IOException {
        try {
            return data.writeTo(out);
        } catch (CorruptItemException | UnsupportedFormatException | TableException e) {
            throw Damage.metBy(e)
                    .<RuntimeException>map(damage -> new PromQlException(PromQlException.Type.INTERNAL, damage))
                    .orElse(e);
        }
    }

    /** Data that are the same for every request; ASCII. */
    static Response fixed(String json) {
        return of(out -> {
            out.ascii(json);
            return false;
        });
    }

    /** Writes a list of texts, at most {@code limit} of them; tells whether something was left out. */
    static boolean texts(TextOutput out, Iterable<String> texts, long limit) throws IOException {
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
    }
}
