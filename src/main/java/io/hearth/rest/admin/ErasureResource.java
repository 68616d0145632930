package io.hearth.rest.admin;

import io.hearth.erasure.DeviceEraser;
import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import io.hearth.rest.param.DeviceIdText;
import io.hearth.rest.param.TimeExpression;
import io.hearth.rest.param.TimeText;
import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.ClockAheadException;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Erasure: what is erased is in no answer any more, and leaves the disk with the next sweep of the table. */
@Tag(name = "Erasure")
@Requires(Right.ADMINISTER)
@Path("/api/v1")
public class ErasureResource {
    private static final String WRITTEN_AHEAD =
            "Several processes share the table, and one of them wrote by a clock that is more than a year ahead; nothing is erased.";

    private final SeriesStore series;
    private final DeviceEraser eraser;
    private final InstantSource clock;

    @Inject
    public ErasureResource(SeriesStore series, DeviceEraser eraser, InstantSource clock) {
        this.series = series;
        this.eraser = eraser;
        this.clock = clock;
    }

    @DELETE
    @Path("/devices/{id}/readings")
    @Operation(operationId = "eraseReadings", summary = "Erases the readings of a device in a range")
    @APIResponse(responseCode = "204", description = "They are in no answer any more.")
    @APIResponse(responseCode = "404", description = "No reading of this device has ever been stored.")
    @APIResponse(responseCode = "409", description = WRITTEN_AHEAD)
    public void eraseReadings(
            @RestPath @DeviceIdText @Parameter(description = "The device.", example = "thermostat-1") String id,
            @RestQuery
                    @TimeExpression
                    @Parameter(
                            description =
                                    "Start of the range, included, as for reading. Required: nothing is erased by default.",
                            required = true,
                            example = "2026-11-22T00:00:00Z")
                    @Nullable
                    String from,
            @RestQuery
                    @TimeExpression
                    @Parameter(
                            description = "End of the range, excluded. Required.",
                            required = true,
                            example = "2026-11-23T00:00:00Z")
                    @Nullable
                    String to) {
        List<FieldError> errors = new ArrayList<>();
        if (from == null) {
            errors.add(new FieldError("from", "is required"));
        }
        if (to == null) {
            errors.add(new FieldError("to", "is required"));
        }
        if (from == null || to == null) {
            throw ProblemException.invalid(errors);
        }
        long nowMicros = EpochMicros.of(clock.instant());
        long start = TimeText.parse(from, nowMicros);
        long end = TimeText.parse(to, nowMicros);
        if (start > end) {
            throw ProblemException.invalid(new FieldError("from", "must not be after to"));
        }
        DeviceId device = known(id);
        try {
            series.erase(device, new TimeRange(start, end));
        } catch (ClockAheadException e) {
            throw writtenAhead(e);
        }
    }

    @DELETE
    @Path("/devices/{id}")
    @Operation(
            operationId = "eraseDevice",
            summary = "Erases a device with everything that is kept of it",
            description = "Readings, shadows and their history, presence, dead letters, retained messages.")
    @APIResponse(responseCode = "204", description = "It is in no answer any more; if it sends again, it is new.")
    @APIResponse(responseCode = "404", description = "Nothing is known of this device.")
    @APIResponse(responseCode = "409", description = WRITTEN_AHEAD)
    public void eraseDevice(
            @RestPath @DeviceIdText @Parameter(description = "The device.", example = "thermostat-1") String id) {
        boolean known;
        try {
            known = eraser.erase(new DeviceId(id));
        } catch (ClockAheadException e) {
            throw writtenAhead(e);
        }
        if (!known) {
            throw ProblemException.unknownDevice();
        }
    }

    /** Another process of a shared table wrote it by a clock so far ahead that the clock here does not follow. */
    private static ProblemException writtenAhead(ClockAheadException e) {
        return new ProblemException(
                ProblemType.CLOCK_AHEAD,
                "Some of it was written by a process whose clock was "
                        + e.ahead().toDays()
                        + " days ahead of the clock here, and an erasure would not cover it. Nothing was erased.");
    }

    private DeviceId known(String id) {
        DeviceId device = new DeviceId(id);
        if (series.device(device).isEmpty()) {
            throw ProblemException.unknownDevice();
        }
        return device;
    }
}
