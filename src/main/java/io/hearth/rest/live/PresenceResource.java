package io.hearth.rest.live;

import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.model.DeviceId;
import io.hearth.presence.DevicePresence;
import io.hearth.presence.Presence;
import io.hearth.rest.format.TextOutput;
import io.hearth.rest.http.StreamedAnswer;
import io.hearth.rest.param.DeviceIdText;
import io.hearth.rest.problem.ProblemException;
import io.hearth.series.SeriesStore;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;

/** Whether a device is there. */
@Tag(name = "Devices")
@Requires(Right.ADMINISTER)
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
public class PresenceResource {
    private static final String EXAMPLE =
            "{\"device\":\"thermostat-1\",\"online\":true,\"since\":\"2026-11-22T10:00:00Z\",\"cause\":\"connection\"}";

    private final DevicePresence presence;
    private final SeriesStore series;

    @Inject
    public PresenceResource(DevicePresence presence, SeriesStore series) {
        this.presence = presence;
        this.series = series;
    }

    @GET
    @Path("/devices/{id}/presence")
    @Operation(
            operationId = "presence",
            summary = "Whether a device is online, and since when",
            description =
                    "`cause` says how the service knows: `connection` (the MQTT client with the device's id), `status` (the"
                            + " device's status topic or its last will), or `restart` (it was online when the service"
                            + " ended, and has not come back). A device that has only ever sent readings is"
                            + " offline, without `since` and `cause`.")
    @APIResponse(
            responseCode = "200",
            description = "The presence.",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(type = SchemaType.OBJECT),
                            examples = @ExampleObject(name = "online", value = EXAMPLE)))
    @APIResponse(responseCode = "404", description = "Nothing has ever been heard of this device.")
    public StreamedAnswer presence(@RestPath @DeviceIdText String id) {
        DeviceId device = new DeviceId(id);
        Presence found = presence.of(device).orElse(null);
        if (found == null && series.device(device).isEmpty()) {
            throw ProblemException.unknownDevice();
        }
        return new StreamedAnswer(body -> {
            TextOutput out = new TextOutput(body);
            if (found == null) {
                out.ascii("{\"device\":");
                out.jsonString(id);
                out.ascii(",\"online\":false,\"since\":null,\"cause\":null}");
            } else {
                write(found, out);
            }
            out.flush();
        });
    }

    static void write(Presence presence, TextOutput out) throws IOException {
        out.ascii("{\"device\":");
        out.jsonString(presence.device().value());
        out.ascii(presence.online() ? ",\"online\":true,\"since\":\"" : ",\"online\":false,\"since\":\"");
        out.time(presence.sinceMicros());
        out.ascii("\",\"cause\":\"");
        out.ascii(presence.cause().name().toLowerCase(Locale.ROOT));
        out.ascii("\"}");
    }
}
