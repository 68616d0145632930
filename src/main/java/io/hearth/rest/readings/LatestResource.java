package io.hearth.rest.readings;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.model.DeviceId;
import io.hearth.rest.format.JsonValues;
import io.hearth.rest.format.TextOutput;
import io.hearth.rest.http.BudgetedAnswers;
import io.hearth.rest.http.StreamedAnswer;
import io.hearth.rest.param.DeviceIdList;
import io.hearth.rest.param.DeviceIdText;
import io.hearth.rest.param.PageParams;
import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import io.hearth.series.SeriesStore;
import io.hearth.series.aggregate.AnswerBudget;
import io.hearth.series.value.LatestPage;
import io.hearth.series.value.LatestPoint;
import io.hearth.series.value.LatestReadings;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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

/** The last known value of each metric, by device time. */
@Tag(name = "Readings")
@Requires(Right.ADMINISTER)
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
public class LatestResource {
    private static final String EXAMPLE =
            "{\"device\":\"thermostat-1\",\"latest\":{\"temperature\":{\"value\":21.5,\"ts\":\"2026-11-22T10:00:00Z\"}}}";

    /** Answers of devices that have not changed since somebody asked; the store answers the same object until then. */
    private static final int CACHED_ANSWERS = 100_000;

    /** Read before their memory counts. */
    private static final int DEVICES_AT_A_TIME = 100;

    /** What a device's latest values take, beside what is written of them, by a byte of that. */
    private static final int HELD_BYTES_PER_BYTE = 3;

    private final SeriesStore series;
    private final BudgetedAnswers answers;
    private final Cache<LatestReadings, byte[]> written =
            Caffeine.newBuilder().weakKeys().maximumSize(CACHED_ANSWERS).build();

    @Inject
    public LatestResource(SeriesStore series, BudgetedAnswers answers) {
        this.series = series;
        this.answers = answers;
    }

    @GET
    @Path("/devices/{id}/readings/latest")
    @Operation(operationId = "latestOfDevice", summary = "The last value of each metric of a device, by device time")
    @APIResponse(
            responseCode = "200",
            description = "The values, each with its device time.",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(type = SchemaType.OBJECT),
                            examples = @ExampleObject(name = "latest", value = EXAMPLE)))
    @APIResponse(responseCode = "404", description = "No reading of this device has ever been stored.")
    public StreamedAnswer latestOfDevice(@RestPath @DeviceIdText String id) {
        LatestReadings latest = series.latest(new DeviceId(id));
        if (latest.points().isEmpty() && series.device(latest.device()).isEmpty()) {
            throw ProblemException.unknownDevice();
        }
        return new StreamedAnswer(body -> {
            body.write(jsonOf(latest));
        });
    }

    /** Of the devices asked for, in that order (one without readings has none), or of all, in pages. */
    @GET
    @Path("/readings/latest")
    @Operation(
            operationId = "latestOfMany",
            summary = "The last values of many devices",
            description =
                    "Of the devices of `ids`, in that order (one without readings has no values), or of all in pages.")
    @APIResponse(
            responseCode = "200",
            description = "The devices.",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(type = SchemaType.OBJECT),
                            examples =
                                    @ExampleObject(
                                            name = "devices",
                                            value = "{\"devices\":[" + EXAMPLE + "],\"nextCursor\":null}")))
    @APIResponse(responseCode = "422", description = BudgetedAnswers.TOO_LARGE)
    @APIResponse(responseCode = "503", description = BudgetedAnswers.UNAVAILABLE)
    public StreamedAnswer latestOfMany(
            @RestQuery
                    @DeviceIdList
                    @Parameter(
                            description = "Device ids, separated by commas; at most 1,000.",
                            example = "thermostat-1,plug-2")
                    @Nullable
                    String ids,
            @Valid @BeanParam PageParams page) {
        if (ids == null) {
            DeviceId start = page.cursor == null ? null : DeviceCursor.decode(page.cursor);
            return answers.of(
                    (body, budget) -> all(start, page.limitOrDefault(), budget).writeTo(body));
        }
        if (page.limit != null || page.cursor != null) {
            throw ProblemException.invalid(new FieldError("ids", "is answered whole, without limit and cursor"));
        }
        List<DeviceId> devices =
                Arrays.stream(ids.split(",")).map(DeviceId::new).toList();
        return answers.of((body, budget) -> some(devices, budget).writeTo(body));
    }

    private Document all(@Nullable DeviceId start, int limit, AnswerBudget budget) throws IOException {
        Document document = new Document();
        DeviceId after = start;
        boolean more = true;
        while (more && document.devices.size() < limit) {
            int left = limit - document.devices.size();
            LatestPage found = series.latestAfter(after, Math.min(left, DEVICES_AT_A_TIME));
            add(found.devices(), document, budget);
            more = found.more();
            if (!found.devices().isEmpty()) {
                after = found.devices().get(found.devices().size() - 1).device();
            }
        }
        document.nextCursor = more && after != null ? DeviceCursor.encode(after) : null;
        return document;
    }

    private Document some(List<DeviceId> devices, AnswerBudget budget) throws IOException {
        Document document = new Document();
        for (int i = 0; i < devices.size(); i += DEVICES_AT_A_TIME) {
            int end = Math.min(i + DEVICES_AT_A_TIME, devices.size());
            add(series.latest(devices.subList(i, end)), document, budget);
        }
        return document;
    }

    private void add(List<LatestReadings> found, Document document, AnswerBudget budget) throws IOException {
        budget.requireClient();
        for (LatestReadings latest : found) {
            byte[] json = jsonOf(latest);
            budget.hold((1L + HELD_BYTES_PER_BYTE) * json.length);
            document.devices.add(json);
        }
    }

    /** Many devices, as they will be written. */
    private static final class Document {
        private final List<byte[]> devices = new ArrayList<>();
        private @Nullable String nextCursor;

        void writeTo(OutputStream body) throws IOException {
            TextOutput out = new TextOutput(body);
            out.ascii("{\"devices\":[");
            boolean first = true;
            for (byte[] device : devices) {
                if (!first) {
                    out.ascii(',');
                }
                first = false;
                out.raw(device);
            }
            out.ascii(']');
            JsonValues.endWithCursor(nextCursor, out);
            out.flush();
        }
    }

    private byte[] jsonOf(LatestReadings latest) throws IOException {
        byte[] json = written.getIfPresent(latest);
        if (json == null) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            TextOutput out = new TextOutput(bytes);
            write(latest, out);
            out.flush();
            json = bytes.toByteArray();
            written.put(latest, json);
        }
        return json;
    }

    private static void write(LatestReadings latest, TextOutput out) throws IOException {
        out.ascii("{\"device\":");
        out.jsonString(latest.device().value());
        out.ascii(",\"latest\":{");
        boolean first = true;
        for (Map.Entry<String, LatestPoint> entry : latest.points().entrySet()) {
            if (!first) {
                out.ascii(',');
            }
            first = false;
            out.jsonString(entry.getKey());
            out.ascii(":{\"value\":");
            JsonValues.write(entry.getValue().value(), out);
            out.ascii(",\"ts\":\"");
            out.time(entry.getValue().deviceTimeMicros());
            out.ascii("\"}");
        }
        out.ascii("}}");
    }
}
