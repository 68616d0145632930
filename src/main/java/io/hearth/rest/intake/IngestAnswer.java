package io.hearth.rest.intake;

import io.hearth.ingest.IngestResult;
import io.hearth.ingest.Rejection;
import io.hearth.ingest.bulk.BulkResult;
import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What became of the readings of a request. */
@Schema(name = "IngestResult")
public record IngestAnswer(
        @Schema(description = "How many readings are durable now, those that already were included.", examples = "2")
        long stored,

        @Schema(description = "Those that could not be stored, by their place in the body, from 0; the first 1,000.")
        List<Rejected> rejected,

        @Schema(description = "How many could not be stored.", examples = "0")
        long rejectedTotal) {
    /** A reading that could not be stored. */
    @Schema(name = "RejectedReading")
    public record Rejected(
            @Schema(examples = "1") long index,

            @Schema(description = "Why, as a word to act on.", examples = "clock_ahead")
            String reason,

            @Schema(description = "Why, in a sentence.") String detail) {
        private static Rejected of(Rejection rejection) {
            return new Rejected(rejection.index(), rejection.reason().label(), rejection.detail());
        }

        private static Rejected of(BulkResult.Rejected rejection) {
            return new Rejected(rejection.index(), rejection.reason().label(), rejection.detail());
        }
    }

    static IngestAnswer of(IngestResult result) {
        return new IngestAnswer(
                result.stored(),
                result.rejected().stream()
                        .limit(BulkResult.MAX_LISTED)
                        .map(Rejected::of)
                        .toList(),
                result.rejectedTotal());
    }

    static IngestAnswer of(BulkResult result) {
        return new IngestAnswer(
                result.stored(), result.rejected().stream().map(Rejected::of).toList(), result.rejectedTotal());
    }

    /** @throws ProblemException there were readings and none could be stored */
    IngestAnswer orProblem() {
        if (stored == 0 && rejectedTotal > 0) {
            throw new ProblemException(
                    ProblemType.INVALID_READINGS,
                    "Each reading was rejected, the first because: "
                            + rejected.get(0).detail(),
                    List.of(),
                    Map.of("stored", 0, "rejected", rejected, "rejectedTotal", rejectedTotal));
        }
        return this;
    }
}
