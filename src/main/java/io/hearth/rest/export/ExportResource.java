package io.hearth.rest.export;

import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.rest.format.ExportWriter;
import io.hearth.rest.http.StreamedAnswer;
import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.DevicePage;
import io.hearth.series.value.DeviceSummary;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Direction;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The readings of all devices, or of some, as a file. */
@Tag(name = "Export and import")
@Requires(Right.ADMINISTER)
@Path("/api/v1")
public class ExportResource {
    private static final int DEVICES_AT_A_TIME = 1000;

    private final SeriesStore series;
    private final InstantSource clock;

    @Inject
    public ExportResource(SeriesStore series, InstantSource clock) {
        this.series = series;
        this.clock = clock;
    }

    /** Takes the readings into a writer. */
    private interface Devices {
        void writeTo(ExportWriter writer) throws IOException;
    }

    @GET
    @Path("/export")
    @Operation(
            operationId = "export",
            summary = "The readings of all devices, or of some, as NDJSON, CSV or Parquet",
            description =
                    "Written as it is read, device by device in the order of their ids, each by time. `POST /import`"
                            + " takes every form. If something fails midway the connection breaks, so that no part is taken for the"
                            + " whole.")
    @APIResponse(responseCode = "200", description = "The readings.")
    @APIResponse(responseCode = "404", description = "No reading of one of the devices has ever been stored.")
    @Produces({"application/x-ndjson", "text/csv", "application/vnd.apache.parquet"})
    public Response export(@Valid @BeanParam ExportParams params, Request request) {
        ExportForm form = ExportForm.of(request, params.format);
        TimeRange range = params.range(EpochMicros.of(clock.instant()));
        Set<String> metrics = params.metricNames();
        String ids = params.ids;
        Devices devices = ids == null ? writer -> all(range, metrics, writer) : some(ids, range, metrics);
        StreamedAnswer answer = new StreamedAnswer(body -> {
            ExportWriter writer = form.writer(body);
            writer.begin();
            devices.writeTo(writer);
            writer.end();
        });
        return Response.ok(answer, form.mediaType())
                .header(HttpHeaders.CONTENT_DISPOSITION, "attachment; filename=\"readings." + form.suffix() + '"')
                .build();
    }

    private void all(TimeRange range, Set<String> metrics, ExportWriter writer) throws IOException {
        @Nullable Cursor cursor = null;
        do {
            DevicePage page = series.devices(DEVICES_AT_A_TIME, cursor);
            for (DeviceSummary device : page.devices()) {
                one(device.id(), range, metrics, writer);
            }
            cursor = page.next();
        } while (cursor != null);
    }

    private Devices some(String ids, TimeRange range, Set<String> metrics) {
        List<DeviceId> devices =
                Arrays.stream(ids.split(",")).map(DeviceId::new).sorted().toList();
        for (DeviceId device : devices) {
            if (series.device(device).isEmpty()) {
                throw new ProblemException(ProblemType.UNKNOWN_DEVICE, "No reading of " + device + " has been stored.");
            }
        }
        return writer -> {
            for (DeviceId device : devices) {
                one(device, range, metrics, writer);
            }
        };
    }

    private void one(DeviceId device, TimeRange range, Set<String> metrics, ExportWriter writer) throws IOException {
        Iterator<ReadingBlock> blocks = series.scan(device, range, metrics, Direction.ASCENDING, Consistency.EVENTUAL);
        while (blocks.hasNext()) {
            writer.block(device, blocks.next());
        }
    }
}
