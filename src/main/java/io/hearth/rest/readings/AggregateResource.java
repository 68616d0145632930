package io.hearth.rest.readings;

import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.rest.format.BucketsWriter;
import io.hearth.rest.format.CsvBuckets;
import io.hearth.rest.format.JsonBuckets;
import io.hearth.rest.format.NdjsonBuckets;
import io.hearth.rest.format.TextOutput;
import io.hearth.rest.format.TimeForm;
import io.hearth.rest.http.AnswerForm;
import io.hearth.rest.http.BudgetedAnswers;
import io.hearth.rest.http.StreamedAnswer;
import io.hearth.rest.param.DeviceIdList;
import io.hearth.rest.param.DeviceIdText;
import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import io.hearth.series.FleetAggregates;
import io.hearth.series.SeriesStore;
import io.hearth.series.aggregate.AnswerBudget;
import io.hearth.series.aggregate.BucketLimitException;
import io.hearth.series.aggregate.BucketSeries;
import io.hearth.series.value.AggregateQuery;
import io.hearth.series.value.DeviceSummary;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Pattern;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** What the readings of a device, or of many, come to in buckets of time. */
@Tag(name = "Readings")
@Requires(Right.ADMINISTER)
@Path("/api/v1")
public class AggregateResource {
    /** The most metrics that all devices together may have in a table whose columns they are. */
    private static final int MAX_CSV_METRICS = 2048;

    private final SeriesStore series;
    private final FleetAggregates fleet;
    private final BudgetedAnswers answers;
    private final InstantSource clock;

    @Inject
    public AggregateResource(SeriesStore series, FleetAggregates fleet, BudgetedAnswers answers, InstantSource clock) {
        this.series = series;
        this.fleet = fleet;
        this.answers = answers;
        this.clock = clock;
    }

    @GET
    @Path("/devices/{id}/readings/aggregate")
    @Operation(
            operationId = "aggregate",
            summary = "What the readings of a device come to, in buckets of time",
            description =
                    "Buckets are aligned to the clock and calendar of `tz`; the first may begin before `from`, and"
                            + " only readings of the range count.")
    @APIResponse(
            responseCode = "200",
            description = "The buckets.",
            content = {
                @Content(
                        mediaType = MediaType.APPLICATION_JSON,
                        schema = @Schema(type = SchemaType.OBJECT),
                        examples = {
                            @ExampleObject(
                                    name = "rows",
                                    value =
                                            "{\"device\":\"thermostat-1\",\"every\":\"PT5M\",\"tz\":\"UTC\",\"buckets\":["
                                                    + "{\"ts\":\"2026-11-22T10:00:00Z\",\"temperature\":{\"avg\":21.4,\"max\":22}}]}"),
                            @ExampleObject(
                                    name = "columns",
                                    value =
                                            "{\"device\":\"thermostat-1\",\"every\":\"PT5M\",\"tz\":\"UTC\",\"ts\":["
                                                    + "\"2026-11-22T10:00:00Z\"],\"temperature\":{\"avg\":[21.4],\"max\":[22]}}")
                        }),
                @Content(
                        mediaType = "text/csv",
                        schema = @Schema(type = SchemaType.STRING),
                        examples =
                                @ExampleObject(
                                        name = "csv",
                                        value =
                                                "ts,temperature.avg,temperature.max\r\n2026-11-22T10:00:00Z,21.4,22\r\n")),
                @Content(
                        mediaType = "application/x-ndjson",
                        schema = @Schema(type = SchemaType.STRING),
                        examples =
                                @ExampleObject(
                                        name = "ndjson",
                                        value =
                                                "{\"ts\":\"2026-11-22T10:00:00Z\",\"temperature\":{\"avg\":21.4,\"max\":22}}\n"))
            })
    @APIResponse(responseCode = "404", description = "No reading of this device has ever been stored.")
    @APIResponse(responseCode = "422", description = BudgetedAnswers.TOO_LARGE)
    @APIResponse(responseCode = "503", description = BudgetedAnswers.UNAVAILABLE)
    @Produces({MediaType.APPLICATION_JSON, "text/csv", "application/x-ndjson"})
    public Response ofDevice(
            @RestPath @DeviceIdText @Parameter(description = "The device.", example = "thermostat-1") String id,
            @Valid @BeanParam AggregateParams params,
            Request request) {
        AnswerForm form = AnswerForm.of(request, params.layout);
        AggregateQuery query = params.query(EpochMicros.of(clock.instant()));
        DeviceId device = new DeviceId(id);
        if (series.device(device).isEmpty()) {
            throw ProblemException.unknownDevice();
        }
        TimeForm timeForm = params.timeForm();
        return answer(form, params, (out, budget) -> {
            BucketSeries buckets = series.aggregate(device, query, budget);
            BucketsWriter writer = switch (form) {
                case JSON -> JsonBuckets.ofDevice(device, query.grid(), params.inColumns(), timeForm, out);
                case CSV -> new CsvBuckets(columnsOf(params, buckets), query.functions(), false, timeForm, out);
                case NDJSON -> new NdjsonBuckets(timeForm, out);
            };
            writer.begin();
            writer.series(null, buckets);
            writer.end();
        });
    }

    @GET
    @Path("/readings/aggregate")
    @Operation(
            operationId = "aggregateOfMany",
            summary = "What the readings of many devices come to, in buckets of time",
            description = "Of the devices of `ids`, or of all: all together, or with `groupBy=device` each by itself.")
    @APIResponse(
            responseCode = "200",
            description = "The buckets.",
            content = {
                @Content(
                        mediaType = MediaType.APPLICATION_JSON,
                        schema = @Schema(type = SchemaType.OBJECT),
                        examples = {
                            @ExampleObject(
                                    name = "together",
                                    value = "{\"every\":\"PT1H\",\"tz\":\"UTC\",\"devices\":2,\"buckets\":["
                                            + "{\"ts\":\"2026-11-22T10:00:00Z\",\"temperature\":{\"avg\":21.4}}]}"),
                            @ExampleObject(
                                    name = "groups",
                                    value =
                                            "{\"every\":\"PT1H\",\"tz\":\"UTC\",\"groups\":[{\"device\":\"thermostat-1\","
                                                    + "\"buckets\":[{\"ts\":\"2026-11-22T10:00:00Z\",\"temperature\":{\"avg\":21.4}}]}]}")
                        }),
                @Content(mediaType = "text/csv", schema = @Schema(type = SchemaType.STRING)),
                @Content(mediaType = "application/x-ndjson", schema = @Schema(type = SchemaType.STRING))
            })
    @APIResponse(responseCode = "422", description = BudgetedAnswers.TOO_LARGE)
    @APIResponse(responseCode = "503", description = BudgetedAnswers.UNAVAILABLE)
    @Produces({MediaType.APPLICATION_JSON, "text/csv", "application/x-ndjson"})
    public Response ofMany(
            @RestQuery
                    @DeviceIdList
                    @Parameter(
                            description = "Device ids, separated by commas; at most 1,000. All devices without it.",
                            example = "thermostat-1,plug-2")
                    @Nullable
                    String ids,
            @RestQuery
                    @Pattern(regexp = "device", message = "must be device: other groups need a registry of devices")
                    @Parameter(description = "device answers each device by itself; without it all come together.")
                    @Nullable
                    String groupBy,
            @Valid @BeanParam AggregateParams params,
            Request request) {
        AnswerForm form = AnswerForm.of(request, params.layout);
        AggregateQuery query = params.query(EpochMicros.of(clock.instant()));
        return groupBy == null ? together(ids, query, params, form) : groups(ids, query, params, form);
    }

    private Response together(@Nullable String ids, AggregateQuery query, AggregateParams params, AnswerForm form) {
        TimeForm timeForm = params.timeForm();
        return answer(form, params, (out, budget) -> {
            FleetAggregates.Merged merged = fleet.merge(devices(ids), query, budget);
            BucketsWriter writer = switch (form) {
                case JSON -> JsonBuckets.ofAll(merged.devices(), query.grid(), params.inColumns(), timeForm, out);
                case CSV ->
                    new CsvBuckets(columnsOf(params, merged.buckets()), query.functions(), false, timeForm, out);
                case NDJSON -> new NdjsonBuckets(timeForm, out);
            };
            writer.begin();
            writer.series(null, merged.buckets());
            writer.end();
        });
    }

    private Response groups(@Nullable String ids, AggregateQuery query, AggregateParams params, AnswerForm form) {
        TimeForm timeForm = params.timeForm();
        List<String> columns = form == AnswerForm.CSV ? columnsOf(params, ids) : List.of();
        return answer(form, params, (out, budget) -> {
            BucketsWriter writer = switch (form) {
                case JSON -> JsonBuckets.groups(query.grid(), params.inColumns(), timeForm, out);
                case CSV -> new CsvBuckets(columns, query.functions(), true, timeForm, out);
                case NDJSON -> new NdjsonBuckets(timeForm, out);
            };
            writer.begin();
            fleet.forEach(devices(ids), query, budget, writer::series);
            writer.end();
        });
    }

    private Iterator<DeviceId> devices(@Nullable String ids) {
        return ids == null
                ? series.allDevices().map(DeviceSummary::id).iterator()
                : Arrays.stream(ids.split(",")).map(DeviceId::new).iterator();
    }

    private static List<String> columnsOf(AggregateParams params, BucketSeries buckets) {
        List<String> wanted = params.metricNames();
        return wanted.isEmpty() ? buckets.metrics() : wanted;
    }

    /** The columns must be known before the first row: those asked for, or all that any of the devices has had so far. */
    private List<String> columnsOf(AggregateParams params, @Nullable String ids) {
        List<String> wanted = params.metricNames();
        if (!wanted.isEmpty()) {
            return wanted;
        }
        SortedSet<String> metrics = new TreeSet<>();
        Stream<DeviceSummary> devices = ids == null
                ? series.allDevices()
                : Arrays.stream(ids.split(",")).flatMap(id -> series.device(new DeviceId(id)).stream());
        Iterator<DeviceSummary> each = devices.iterator();
        while (each.hasNext()) {
            metrics.addAll(each.next().metrics());
            if (metrics.size() > MAX_CSV_METRICS) {
                throw ProblemException.invalid(
                        new FieldError("metrics", "must name the columns: the devices have too many metrics"));
            }
        }
        return List.copyOf(metrics);
    }

    /** Writes an answer. */
    private interface Body {
        void writeTo(TextOutput out, AnswerBudget budget) throws IOException;
    }

    private Response answer(AnswerForm form, AggregateParams params, Body body) {
        StreamedAnswer answer = answers.of((sink, budget) -> {
            TextOutput out = new TextOutput(sink);
            try {
                body.writeTo(out, budget);
            } catch (BucketLimitException e) {
                throw params.tooMany(e);
            }
            out.flush();
        });
        return Response.ok(answer, form.mediaType()).build();
    }
}
