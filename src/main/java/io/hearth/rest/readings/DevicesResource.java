package io.hearth.rest.readings;

import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.rest.param.DeviceIdText;
import io.hearth.rest.param.PageParams;
import io.hearth.rest.problem.ProblemException;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.DevicePage;
import io.hearth.series.value.DeviceSummary;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jspecify.annotations.Nullable;

/** The devices that have been seen so far. */
@Tag(name = "Devices")
@Requires(Right.ADMINISTER)
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
public class DevicesResource {
    private final SeriesStore series;

    @Inject
    public DevicesResource(SeriesStore series) {
        this.series = series;
    }

    @GET
    @Path("/devices")
    @Operation(operationId = "devices", summary = "The devices that have sent readings, by id")
    public Devices devices(@Valid @BeanParam PageParams page) {
        DevicePage found = series.devices(page.limitOrDefault(), page.startCursor());
        return new Devices(
                found.devices().stream().map(Device::of).toList(),
                found.next() == null ? null : found.next().value());
    }

    @GET
    @Path("/devices/{id}")
    @Operation(operationId = "device", summary = "One device that has sent readings")
    @APIResponse(
            responseCode = "200",
            description = "The device.",
            content = @Content(schema = @Schema(implementation = Device.class)))
    @APIResponse(responseCode = "404", description = "No reading of this device has ever been stored.")
    public Device device(
            @RestPath @DeviceIdText @Parameter(description = "The device.", example = "thermostat-1") String id) {
        return series.device(new DeviceId(id)).map(Device::of).orElseThrow(ProblemException::unknownDevice);
    }

    /** A page of devices. */
    @Schema(name = "Devices")
    public record Devices(List<Device> devices, @Nullable String nextCursor) {}

    /** A device as its readings tell of it. */
    @Schema(name = "Device")
    public record Device(
            @Schema(examples = "thermostat-1") String device,

            @Schema(description = "When its first reading was stored.", examples = "2026-11-22T10:00:00Z")
            String firstSeen,

            @Schema(description = "Every metric it has had.", examples = "[\"humidity\",\"temperature\"]")
            List<String> metrics) {
        static Device of(DeviceSummary summary) {
            return new Device(
                    summary.id().value(),
                    EpochMicros.toRfc3339(summary.firstSeenMicros()),
                    List.copyOf(summary.metrics()));
        }
    }
}
