package io.hearth.rest;

import io.hearth.model.EpochMicros;
import io.hearth.series.DevicePage;
import io.hearth.series.DeviceSummary;
import io.hearth.series.SeriesStore;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** The devices that have been seen so far. */
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
