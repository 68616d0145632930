package io.hearth.rest;

import io.hearth.rest.problem.Problem;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;

/** Adds to the OpenAPI document what holds for every operation: the token, and the problems that any may answer. */
@OpenApiFilter(OpenApiFilter.RunStage.BUILD)
public class ApiDescription implements OASFilter {
    private static final String TOKEN = "token";
    private static final Map<String, String> PROBLEMS = Map.of(
            "400", "Something in the request is invalid; `errors` names the fields.",
            "401", "The token is missing or wrong.",
            "406", "None of the media types of Accept can be answered.",
            "500", "Something failed inside; the service's log has it under `id`.",
            "503", "The table cannot keep up; try again after Retry-After.");

    @Override
    public void filterOpenAPI(OpenAPI api) {
        api.setInfo(OASFactory.createInfo()
                .title("Hearth")
                .version("v1")
                .description(
                        "Telemetry of smart homes: readings in, ranges and latest values out. Times are RFC 3339 UTC;"
                                + " ranges are half-open. Lists page with `limit` and `cursor`. Every error is"
                                + " `application/problem+json` (RFC 9457)."));
        api.getComponents()
                .addSecurityScheme(
                        TOKEN,
                        OASFactory.createSecurityScheme()
                                .type(SecurityScheme.Type.HTTP)
                                .scheme("bearer")
                                .description(
                                        "The admin token, as in the file `secrets/admin-token` of the data directory."))
                .addSchema("Problem", problem());
        api.addSecurityRequirement(OASFactory.createSecurityRequirement().addScheme(TOKEN));
        api.getPaths()
                .getPathItems()
                .values()
                .forEach(path -> path.getOperations().values().forEach(ApiDescription::addProblems));
    }

    private static void addProblems(Operation operation) {
        PROBLEMS.forEach((status, description) -> {
            if (operation.getResponses().getAPIResponse(status) == null) {
                operation.getResponses().addAPIResponse(status, problemResponse(description));
            }
        });
        for (Map.Entry<String, APIResponse> response :
                operation.getResponses().getAPIResponses().entrySet()) {
            boolean bare = response.getValue().getContent() == null;
            if (bare && !response.getKey().startsWith("2")) {
                response.getValue().setContent(problemResponse("").getContent());
            }
        }
    }

    private static APIResponse problemResponse(String description) {
        return OASFactory.createAPIResponse()
                .description(description)
                .content(OASFactory.createContent()
                        .addMediaType(
                                Problem.MEDIA_TYPE,
                                OASFactory.createMediaType()
                                        .schema(OASFactory.createSchema().ref("#/components/schemas/Problem"))));
    }

    private static Schema problem() {
        Schema error = object().addProperty("field", text("temperature"))
                .addProperty("message", text("must be a whole number from 1 to 100000"));
        return object().description(
                        "RFC 9457 problem details. `type` tells the kinds of problem apart and stays the same.")
                .addProperty("type", text("urn:hearth:problem:invalid-request"))
                .addProperty("title", text("Invalid request"))
                .addProperty("status", OASFactory.createSchema().type(List.of(Schema.SchemaType.INTEGER)))
                .addProperty("detail", text("limit must be a whole number from 1 to 100000"))
                .addProperty("instance", text("/api/v1/devices/thermostat-1/readings"))
                .addProperty(
                        "errors",
                        OASFactory.createSchema()
                                .type(List.of(Schema.SchemaType.ARRAY))
                                .items(error));
    }

    private static Schema object() {
        return OASFactory.createSchema().type(List.of(Schema.SchemaType.OBJECT));
    }

    private static Schema text(String example) {
        return OASFactory.createSchema().type(List.of(Schema.SchemaType.STRING)).examples(List.of(example));
    }
}
