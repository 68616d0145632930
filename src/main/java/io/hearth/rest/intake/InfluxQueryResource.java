package io.hearth.rest.intake;

import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import io.hearth.rest.param.LenientQuery;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** The one statement of InfluxQL that clients of InfluxDB 1 send before they write. There is nothing to create. */
@Requires(Right.ADMINISTER)
@Path("/query")
@LenientQuery
public class InfluxQueryResource {
    @POST
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(hidden = true)
    public Response queryAsForm(
            @RestForm("q") @Nullable String inForm,
            @RestQuery @Nullable String q,
            @RestQuery @Nullable String db,
            @RestQuery @Nullable String u,
            @RestQuery @Nullable String p) {
        return answer(inForm == null ? q : inForm);
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(hidden = true)
    public Response query(
            @RestQuery @Nullable String q,
            @RestQuery @Nullable String db,
            @RestQuery @Nullable String u,
            @RestQuery @Nullable String p) {
        return answer(q);
    }

    private static Response answer(@Nullable String statement) {
        if (statement != null && statement.strip().toUpperCase(Locale.ROOT).startsWith("CREATE DATABASE")) {
            return Response.ok(Map.of("results", List.of(Map.of("statement_id", 0))))
                    .build();
        }
        return Response.status(400)
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(Map.of("error", "of InfluxQL only CREATE DATABASE is answered; read with /api/v1"))
                .build();
    }
}
