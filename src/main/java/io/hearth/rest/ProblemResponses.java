package io.hearth.rest;

import io.hearth.rest.problem.Problem;
import io.hearth.rest.problem.ProblemType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.Components;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;

/** What the OpenAPI document says of problems: which there are, and which an operation may answer. */
final class ProblemResponses {
    private static final Map<String, String> PROBLEMS = Map.of(
            "400", "Something in the request is invalid; `errors` names the fields.",
            "401", "The token is missing or wrong.",
            "403", "Authentication is off, and the request does not come from this machine.",
            "406", "None of the media types of Accept can be answered.",
            "500", "Something failed inside; the service's log has it under `id`.",
            "503", "The table cannot keep up; try again after Retry-After.");

    private static final Map<String, String> BODY_PROBLEMS = Map.of(
            "413", "The body is too large.",
            "415", "The body's Content-Type or Content-Encoding is not one that this path takes.");

    /** The types of problem that each status may have: those of the service, and the two that the gate before it answers. */
    private static final Map<String, List<String>> PROBLEM_TYPES = problemTypes();

    private ProblemResponses() {}

    /** Adds the schema of problems, and one for each status. */
    static void addSchemas(Components components) {
        components.addSchema("Problem", problem());
        PROBLEM_TYPES.forEach((status, types) -> components.addSchema("Problem" + status, problem(status, types)));
    }

    /** Adds the problems that any operation may answer, but for those that it describes itself. */
    static void addTo(Operation operation) {
        addAbsent(operation, PROBLEMS);
        if (operation.getRequestBody() != null) {
            addAbsent(operation, BODY_PROBLEMS);
        }
        for (Map.Entry<String, APIResponse> response :
                operation.getResponses().getAPIResponses().entrySet()) {
            boolean bare = response.getValue().getContent() == null;
            if (bare && PROBLEM_TYPES.containsKey(response.getKey())) {
                response.getValue().setContent(of(response.getKey(), "").getContent());
            }
        }
    }

    private static void addAbsent(Operation operation, Map<String, String> problems) {
        problems.forEach((status, description) -> {
            if (operation.getResponses().getAPIResponse(status) == null) {
                operation.getResponses().addAPIResponse(status, of(status, description));
            }
        });
    }

    /** A problem as the answer with {@code status}. */
    static APIResponse of(String status, String description) {
        return OASFactory.createAPIResponse()
                .description(description)
                .content(OASFactory.createContent()
                        .addMediaType(
                                Problem.MEDIA_TYPE,
                                OASFactory.createMediaType()
                                        .schema(OASFactory.createSchema()
                                                .ref("#/components/schemas/Problem" + status))));
    }

    private static Map<String, List<String>> problemTypes() {
        Map<String, List<String>> types = new TreeMap<>();
        types.put("401", List.of("urn:hearth:problem:unauthorized"));
        types.put("403", List.of("urn:hearth:problem:foreign-origin"));
        for (ProblemType type : ProblemType.values()) {
            if (type == ProblemType.METHOD_NOT_ALLOWED) {
                // Of what is not described.
                continue;
            }
            types.computeIfAbsent(String.valueOf(type.status()), status -> new ArrayList<>())
                    .add(type.uri());
        }
        return types;
    }

    private static Schema problem(String status, List<String> types) {
        return OASFactory.createSchema()
                .description("The problems that are answered with " + status + ".")
                .addAllOf(OASFactory.createSchema().ref("#/components/schemas/Problem"))
                .addAllOf(object().addProperty(
                                "type",
                                OASFactory.createSchema()
                                        .type(List.of(Schema.SchemaType.STRING))
                                        .enumeration(List.copyOf(types)))
                        .required(List.of("type", "title", "status", "detail")));
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
