package io.hearth.rest.http;

import io.hearth.limits.QueryRefusedException;
import io.hearth.limits.RunningQueries;
import io.hearth.series.aggregate.AnswerBudget;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Answers that hold what they find in memory before they write it, or while they do: each that holds more than a little counts as a
 * query that runs, holds its memory within what all queries may hold together, and ends when its client goes.
 */
@Singleton
public class BudgetedAnswers {
    /** What OpenAPI says of the status 422. */
    public static final String TOO_LARGE = "The answer needs more memory than all queries together may hold.";

    /** What OpenAPI says of the status 503. */
    public static final String UNAVAILABLE =
            "The table, or the memory of queries, cannot keep up; try again after Retry-After.";

    private final RunningQueries queries;

    @Inject
    public BudgetedAnswers(RunningQueries queries) {
        this.queries = queries;
    }

    /** Writes a body. */
    public interface Body {
        /**
         * As {@link StreamedAnswer.Body#writeTo}.
         *
         * @throws QueryRefusedException if it does not get the memory that it needs, or its client has gone
         */
        void writeTo(OutputStream out, AnswerBudget budget) throws IOException;
    }

    /** An answer that is made when it is written, and may have to wait for other queries. */
    public StreamedAnswer of(Body body) {
        StreamedAnswer.LongBody running = (out, clientGone) -> {
            try (RunningQueries.Share share = queries.beginWhenLarge(clientGone)) {
                body.writeTo(out, new OfQuery(share));
            }
        };
        return new StreamedAnswer(running);
    }

    private record OfQuery(RunningQueries.Share share) implements AnswerBudget {
        @Override
        public void hold(long bytes) {
            share.take(bytes);
        }

        @Override
        public void giveBack(long bytes) {
            share.giveBack(bytes);
        }

        @Override
        public void requireClient() {
            share.requireClient();
        }
    }
}
