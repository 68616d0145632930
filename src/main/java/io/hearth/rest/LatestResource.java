package io.hearth.rest;

import io.hearth.model.DeviceId;
import io.hearth.rest.format.JsonValues;
import io.hearth.rest.format.TextOutput;
import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import io.hearth.series.DevicePage;
import io.hearth.series.DeviceSummary;
import io.hearth.series.LatestPoint;
import io.hearth.series.LatestReadings;
import io.hearth.series.SeriesStore;
import io.hearth.table.Cursor;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** The last known value of each metric, by device time. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
public class LatestResource {
    private final SeriesStore series;

    @Inject
    public LatestResource(SeriesStore series) {
        this.series = series;
    }

    @GET
    @Path("/devices/{id}/readings/latest")
    public StreamedAnswer latestOfDevice(@RestPath @DeviceIdText String id) {
        LatestReadings latest = series.latest(new DeviceId(id));
        if (latest.points().isEmpty() && series.device(latest.device()).isEmpty()) {
            throw new ProblemException(
                    ProblemType.UNKNOWN_DEVICE, "No reading of a device of this id has been stored.");
        }
        return new StreamedAnswer(body -> {
            TextOutput out = new TextOutput(body);
            write(latest, out);
            out.flush();
        });
    }

    /** Of the devices asked for, in that order (one without readings has none), or of all, in pages. */
    @GET
    @Path("/readings/latest")
    public StreamedAnswer latestOfMany(
            @RestQuery @DeviceIdList @Nullable String ids, @Valid @BeanParam PageParams page) {
        if (ids == null) {
            DevicePage devices = series.devices(page.limitOrDefault(), page.startCursor());
            return document(devices.devices().stream().map(DeviceSummary::id).toList(), devices.next());
        }
        if (page.limit != null || page.cursor != null) {
            throw ProblemException.invalid(new FieldError("ids", "is answered whole, without limit and cursor"));
        }
        return document(Arrays.stream(ids.split(",")).map(DeviceId::new).toList(), null);
    }

    private StreamedAnswer document(List<DeviceId> devices, @Nullable Cursor next) {
        return new StreamedAnswer(body -> {
            TextOutput out = new TextOutput(body);
            out.ascii("{\"devices\":[");
            boolean first = true;
            for (DeviceId device : devices) {
                if (!first) {
                    out.ascii(',');
                }
                first = false;
                write(series.latest(device), out);
            }
            out.ascii(']');
            JsonValues.endWithCursor(next == null ? null : next.value(), out);
            out.flush();
        });
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
