package io.hearth.rest.readings;

import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.rest.format.CsvRows;
import io.hearth.rest.format.JsonColumns;
import io.hearth.rest.format.JsonRows;
import io.hearth.rest.format.ReadingsWriter;
import io.hearth.rest.format.TextOutput;
import io.hearth.rest.http.AnswerForm;
import io.hearth.rest.http.BudgetedAnswers;
import io.hearth.rest.http.StreamedAnswer;
import io.hearth.rest.problem.ProblemException;
import io.hearth.series.SeriesStore;
import io.hearth.table.Direction;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Range queries: the raw readings of a device by device time. */
@Tag(name = "Readings")
@Requires(Right.ADMINISTER)
@Path("/api/v1")
public class ReadingsResource {
    public static final String NEXT_CURSOR = "Hearth-Next-Cursor";

    private static final int DEFAULT_JSON_LIMIT = 10_000;
    private static final long MAX_COLUMNS_BYTES = 16L << 20;

    private final SeriesStore series;
    private final BudgetedAnswers answers;
    private final InstantSource clock;

    @Inject
    public ReadingsResource(SeriesStore series, BudgetedAnswers answers, InstantSource clock) {
        this.series = series;
        this.answers = answers;
        this.clock = clock;
    }

    @GET
    @Path("/devices/{id}/readings")
    @Operation(
            operationId = "readings",
            summary = "Readings of a device in a range of device time",
            description =
                    "Written as it is read. JSON answers a page and its `nextCursor`. CSV and NDJSON answer the whole"
                            + " range, or with `limit` a page and its cursor in the header `Hearth-Next-Cursor`.")
    @APIResponse(
            responseCode = "200",
            description = "The readings.",
            content = {
                @Content(
                        mediaType = MediaType.APPLICATION_JSON,
                        schema = @Schema(type = SchemaType.OBJECT),
                        examples = {
                            @ExampleObject(
                                    name = "rows",
                                    value =
                                            "{\"device\":\"thermostat-1\",\"readings\":[{\"ts\":\"2026-11-22T10:00:00Z\","
                                                    + "\"values\":{\"temperature\":21.5,\"motion\":true}}],\"nextCursor\":null}"),
                            @ExampleObject(
                                    name = "columns",
                                    value =
                                            "{\"device\":\"thermostat-1\",\"readings\":{\"ts\":[\"2026-11-22T10:00:00Z\"],"
                                                    + "\"motion\":[true],\"temperature\":[21.5]},\"nextCursor\":null}")
                        }),
                @Content(
                        mediaType = "text/csv",
                        schema = @Schema(type = SchemaType.STRING),
                        examples =
                                @ExampleObject(
                                        name = "csv",
                                        value = "ts,motion,temperature\r\n2026-11-22T10:00:00Z,true,21.5\r\n")),
                @Content(
                        mediaType = "application/x-ndjson",
                        schema = @Schema(type = SchemaType.STRING),
                        examples =
                                @ExampleObject(
                                        name = "ndjson",
                                        value =
                                                "{\"ts\":\"2026-11-22T10:00:00Z\",\"values\":{\"temperature\":21.5}}\n"))
            })
    @APIResponse(responseCode = "404", description = "No reading of this device has ever been stored.")
    @APIResponse(responseCode = "422", description = BudgetedAnswers.TOO_LARGE)
    @APIResponse(responseCode = "503", description = BudgetedAnswers.UNAVAILABLE)
    @Produces({MediaType.APPLICATION_JSON, "text/csv", "application/x-ndjson"})
    public Response readings(@Valid @BeanParam RangeParams params, Request request) throws IOException {
        AnswerForm form = AnswerForm.of(request, params.layout);
        TimeRange range = params.range(EpochMicros.of(clock.instant()));
        return form == AnswerForm.JSON ? document(params, range) : rows(params, range, form);
    }

    private Response document(RangeParams params, TimeRange range) {
        boolean columns = "columns".equals(params.layout);
        ReadingsPage page =
                page(params, range, params.limitOr(DEFAULT_JSON_LIMIT), columns ? MAX_COLUMNS_BYTES : Long.MAX_VALUE);
        StreamedAnswer answer = columns
                // A column needs all readings of the page.
                ? answers.of((body, budget) -> {
                    TextOutput out = new TextOutput(body);
                    ReadingsWriter writer = new JsonColumns(params.device(), params.timeForm(), out);
                    write(page, params, writer, out, (block, first, last) -> {
                        budget.requireClient();
                        budget.hold(ReadingsPage.bytesOf(block));
                        writer.block(block, first, last);
                    });
                })
                : new StreamedAnswer(body -> {
                    TextOutput out = new TextOutput(body);
                    ReadingsWriter writer = JsonRows.document(params.device(), params.timeForm(), out);
                    write(page, params, writer, out, writer::block);
                });
        return Response.ok(answer, MediaType.APPLICATION_JSON_TYPE).build();
    }

    private static void write(
            ReadingsPage page, RangeParams params, ReadingsWriter writer, TextOutput out, ReadingsPage.Sink sink)
            throws IOException {
        writer.begin();
        TimeRange rest = page.drainTo(sink);
        writer.end(rest == null ? null : params.cursorFor(rest));
        out.flush();
    }

    /**
     * Forms that are rows and nothing else have no place for the cursor. It is in a header, so the end of the page must be
     * known before its first byte: with a limit, readings are counted first and then read again.
     */
    private Response rows(RangeParams params, TimeRange range, AnswerForm answerForm) throws IOException {
        TimeRange rest = params.limit == null
                ? null
                : page(params, range, params.limitOr(RangeParams.MAX_LIMIT), Long.MAX_VALUE)
                        .drainTo((block, first, last) -> {});
        TimeRange limited = rest == null ? range : without(rest, range, params.direction());
        ReadingsPage page = page(params, limited, Integer.MAX_VALUE, Long.MAX_VALUE);
        Function<TextOutput, ReadingsWriter> form =
                answerForm == AnswerForm.CSV ? csv(params) : out -> JsonRows.lines(params.timeForm(), out);
        StreamedAnswer.Body answer = body -> {
            TextOutput out = new TextOutput(body);
            ReadingsWriter writer = form.apply(out);
            writer.begin();
            page.drainTo(writer::block);
            writer.end(null);
            out.flush();
        };
        Response.ResponseBuilder response = Response.ok(new StreamedAnswer(answer), answerForm.mediaType());
        return (rest == null ? response : response.header(NEXT_CURSOR, params.cursorFor(rest))).build();
    }

    /** The columns must be known before the first row: those asked for, or all the device has had so far. */
    private Function<TextOutput, ReadingsWriter> csv(RangeParams params) {
        List<String> metrics = params.metricNames().isEmpty()
                ? series.device(params.device())
                        .map(device -> List.copyOf(device.metrics()))
                        .orElse(List.of())
                : params.metricNames();
        return out -> new CsvRows(metrics, params.timeForm(), out);
    }

    /** The page of a query, its first readings already found, so that what fails at once is still answered as a problem. */
    private ReadingsPage page(RangeParams params, TimeRange range, int limit, long maxBytes) {
        DeviceId device = params.device();
        Iterator<ReadingBlock> blocks = series.scan(
                device, range, Set.copyOf(params.metricNames()), params.direction(), params.readConsistency());
        if (!blocks.hasNext() && series.device(device).isEmpty()) {
            throw ProblemException.unknownDevice();
        }
        return new ReadingsPage(blocks, range, params.direction(), limit, maxBytes);
    }

    private static TimeRange without(TimeRange rest, TimeRange range, Direction direction) {
        return direction == Direction.ASCENDING
                ? new TimeRange(range.startMicros(), rest.startMicros())
                : new TimeRange(rest.endMicros(), range.endMicros());
    }
}
