package io.hearth.rest.intake;

import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.ingest.DeadLetter;
import io.hearth.ingest.DeadLetterPage;
import io.hearth.ingest.DeadLetters;
import io.hearth.ingest.Ingest;
import io.hearth.ingest.RejectionReason;
import io.hearth.model.EpochMicros;
import io.hearth.rest.param.PageParams;
import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Pattern;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** What came in and could not be stored: to be looked at, and to be sent through ingest again. */
@Tag(name = "Dead letters")
@Requires(Right.ADMINISTER)
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
public class DeadLettersResource {
    private static final int PREVIEW_BYTES = 1024;
    private static final String REASONS =
            "malformed|too_large|invalid_device|invalid_reading|clock_ahead|clock_behind|too_many_metrics|internal";

    private final DeadLetters deadLetters;
    private final Ingest ingest;

    @Inject
    public DeadLettersResource(DeadLetters deadLetters, Ingest ingest) {
        this.deadLetters = deadLetters;
        this.ingest = ingest;
    }

    @GET
    @Path("/dead-letters")
    @Operation(
            operationId = "deadLetters",
            summary = "What came in and could not be stored, the latest first",
            description = "With at most 1 KiB of each payload; ask for one letter to have all of it.")
    public Page list(
            @Valid @BeanParam PageParams page,
            @RestQuery @Pattern(regexp = REASONS, message = "must be one of {regexp}") @Nullable String reason) {
        DeadLetterPage found = deadLetters.list(
                page.limitOrDefault(),
                page.startCursor(),
                reason == null ? null : RejectionReason.valueOf(reason.toUpperCase(Locale.ROOT)));
        return new Page(
                found.letters().stream()
                        .map(letter -> Letter.of(letter, PREVIEW_BYTES))
                        .toList(),
                found.next() == null ? null : found.next().value());
    }

    @GET
    @Path("/dead-letters/{id:[^/:]+}")
    @Operation(operationId = "deadLetter", summary = "One dead letter with its whole payload")
    @APIResponse(
            responseCode = "200",
            description = "The letter.",
            content = @Content(schema = @Schema(implementation = Letter.class)))
    @APIResponse(responseCode = "404", description = "There is none of this id, or not any more.")
    public Letter one(@RestPath String id) {
        return deadLetters
                .get(id)
                .map(letter -> Letter.of(letter, Integer.MAX_VALUE))
                .orElseThrow(DeadLettersResource::unknown);
    }

    @POST
    @Path("/dead-letters/{id:[^/:]+}:replay")
    @Operation(
            operationId = "replay",
            summary = "Send a dead letter through ingest again",
            description = "If all of it can be stored now, it is gone from the list.")
    @APIResponse(
            responseCode = "200",
            description = "What became of its readings.",
            content = @Content(schema = @Schema(implementation = IngestAnswer.class)))
    @APIResponse(responseCode = "404", description = "There is none of this id, or not any more.")
    @Blocking
    public Uni<IngestAnswer> replay(@RestPath String id) {
        DeadLetter letter = deadLetters.get(id).orElseThrow(DeadLettersResource::unknown);
        return ingest.replay(letter).map(result -> IngestAnswer.of(result).orProblem());
    }

    private static ProblemException unknown() {
        return new ProblemException(ProblemType.NOT_FOUND, "There is no dead letter of this id, or not any more.");
    }

    /** A page of dead letters. */
    @Schema(name = "DeadLetters")
    public record Page(List<Letter> deadLetters, @Nullable String nextCursor) {}

    /** One message that could not be stored. */
    @Schema(name = "DeadLetter")
    public record Letter(
            String id,
            String topic,

            @Schema(description = "Why, as a word to filter by.", examples = "malformed")
            String reason,

            @Schema(description = "Why, in this case.") String detail,

            @Schema(description = "When it came in.", examples = "2026-11-22T10:00:00Z")
            String time,

            @Schema(description = "How many bytes the payload has.")
            long payloadBytes,

            @Schema(description = "The payload, or its beginning, if it is text in UTF-8; else null.") @Nullable
            String payload,

            @Schema(description = "The payload, or its beginning.")
            String payloadBase64,

            @Schema(description = "Whether this is only the beginning of the payload.")
            boolean payloadTruncated) {

        static Letter of(DeadLetter letter, int maxPayloadBytes) {
            byte[] whole = letter.payload();
            byte[] shown = whole.length > maxPayloadBytes
                    ? Arrays.copyOf(whole, wholeCharacters(whole, maxPayloadBytes))
                    : whole;
            return new Letter(
                    letter.id(),
                    letter.topic(),
                    letter.reason().label(),
                    letter.detail(),
                    EpochMicros.toRfc3339(letter.timeMicros()),
                    letter.payloadBytes(),
                    textOf(shown),
                    Base64.getEncoder().encodeToString(shown),
                    shown.length < letter.payloadBytes());
        }

        /** At most {@code max} bytes of {@code text}, and less rather than a part of a character of UTF-8. */
        private static int wholeCharacters(byte[] text, int max) {
            int end = max;
            while (end > max - 4 && (text[end] & 0xC0) == 0x80) {
                end--;
            }
            return end;
        }

        private static @Nullable String textOf(byte[] payload) {
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(payload))
                        .toString();
            } catch (CharacterCodingException e) {
                return null;
            }
        }
    }
}
