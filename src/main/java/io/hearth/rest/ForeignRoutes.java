package io.hearth.rest;

import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** What the OpenAPI document says of routes in the words of other products: Prometheus, AWS IoT, the first questions of InfluxDB. */
final class ForeignRoutes {
    static final String PROMETHEUS = "/prometheus/";
    static final String THINGS = "/things/";

    private static final String JSON = "application/json";
    private static final String FORM = "application/x-www-form-urlencoded";

    private static final Map<String, List<String>> PROMETHEUS_PARAMETERS = Map.of(
            "/prometheus/api/v1/query", List.of("query", "time", "timeout", "limit", "lookback_delta"),
            "/prometheus/api/v1/query_range",
                    List.of("query", "start", "end", "step", "timeout", "limit", "lookback_delta"),
            "/prometheus/api/v1/format_query", List.of("query"),
            "/prometheus/api/v1/series", List.of("match[]", "start", "end", "limit"),
            "/prometheus/api/v1/labels", List.of("match[]", "start", "end", "limit"),
            "/prometheus/api/v1/label/{name}/values", List.of("match[]", "start", "end", "limit"),
            "/prometheus/api/v1/metadata", List.of("metric", "limit"));

    private static final Map<String, String> PARAMETERS = Map.of(
            "query", "The query, in PromQL.",
            "time", "When: seconds since 1970 or RFC 3339; now without it.",
            "start", "Where the range starts: seconds since 1970 or RFC 3339.",
            "end", "Where the range ends, included.",
            "step", "The distance of two steps: seconds or a duration, as 30s.",
            "timeout", "For how long the query may run: seconds or a duration; at most 2 minutes.",
            "limit", "How many series or names to answer; 0 is no limit.",
            "lookback_delta", "How old a value may be to count at a step; 5m without it.",
            "match[]", "A selector of series; may be given several times.",
            "metric", "The metric; all without it.");

    private ForeignRoutes() {}

    static void describe(OpenAPI api) {
        Map<String, PathItem> paths = api.getPaths().getPathItems();
        paths.forEach((path, item) -> {
            if (path.startsWith(PROMETHEUS)) {
                item.getOperations()
                        .forEach((method, operation) ->
                                describePrometheus(path, method == PathItem.HttpMethod.POST, operation));
            }
        });
        api.getComponents()
                .addSchema(
                        "PrometheusAnswer",
                        object("What was found, as Prometheus answers it.")
                                .addProperty("status", text("success"))
                                .addProperty("data", OASFactory.createSchema().description("As of Prometheus."))
                                .addProperty("warnings", array(text("results truncated due to limit"))))
                .addSchema(
                        "PrometheusFailure",
                        object("Why there is no answer, as Prometheus says it.")
                                .addProperty("status", text("error"))
                                .addProperty("errorType", text("bad_data"))
                                .addProperty("error", text("1:1: parse error: no expression found in input")))
                .addSchema(
                        "ShadowFailure",
                        object("Why a shadow was not answered or changed, as AWS IoT says it.")
                                .addProperty("code", integer())
                                .addProperty("message", text("Version conflict"))
                                .addProperty("timestamp", integer())
                                .addProperty("clientToken", text("app-7")))
                .removeSchema("MultivaluedMapStringString");
        addShadows(api);
        addInfluxDb(api);
    }

    private static void describePrometheus(String path, boolean isForm, Operation operation) {
        List<String> names = PROMETHEUS_PARAMETERS.getOrDefault(path, List.of());
        if (isForm) {
            Schema form = object("The parameters, as a form.");
            names.forEach(
                    name -> form.addProperty(name, name.endsWith("[]") ? array(described(name)) : described(name)));
            operation.setRequestBody(OASFactory.createRequestBody()
                    .content(OASFactory.createContent()
                            .addMediaType(FORM, OASFactory.createMediaType().schema(form))));
        } else {
            names.forEach(name -> operation.addParameter(query(name)));
        }
        answers(operation, "200", "What was found.", "PrometheusAnswer");
        answers(operation, "400", "The query or a parameter is invalid.", "PrometheusFailure");
        answers(
                operation,
                "422",
                "The query cannot be carried out: a limit, or series that become the same.",
                "PrometheusFailure");
        operation
                .getResponses()
                .addAPIResponse(
                        "503", response("The query took too long, or the table cannot keep up.", "PrometheusFailure"));
    }

    private static Parameter query(String name) {
        boolean several = name.endsWith("[]");
        return OASFactory.createParameter()
                .name(name)
                .in(Parameter.In.QUERY)
                .required(name.equals("query") || name.equals("step"))
                .description(PARAMETERS.get(name))
                .schema(
                        several
                                ? array(text("{__name__=\"temperature\"}"))
                                : OASFactory.createSchema().type(List.of(Schema.SchemaType.STRING)));
    }

    private static Schema described(String name) {
        return OASFactory.createSchema().type(List.of(Schema.SchemaType.STRING)).description(PARAMETERS.get(name));
    }

    private static void addShadows(OpenAPI api) {
        Operation get = shadowOperation("awsGetShadow", "The shadow of a thing, as AWS SDKs ask for it");
        answers(get, "200", "The document.", null);
        Operation update = shadowOperation("awsUpdateShadow", "Changes the shadow of a thing, or makes it");
        update.setRequestBody(OASFactory.createRequestBody()
                .required(true)
                .content(OASFactory.createContent()
                        .addMediaType(
                                JSON,
                                OASFactory.createMediaType()
                                        .schema(object("An update: `state`, and `version` and `clientToken` if wanted.")
                                                .addProperty("state", anyObject())
                                                .addProperty("version", integer())
                                                .addProperty("clientToken", text("app-7"))))));
        answers(update, "200", "What was accepted.", null);
        Operation delete = shadowOperation("awsDeleteShadow", "Deletes the shadow of a thing");
        answers(delete, "200", "It is gone.", null);
        api.getPaths()
                .addPathItem(
                        "/things/{thing}/shadow",
                        OASFactory.createPathItem().GET(get).POST(update).DELETE(delete));
        Operation names = shadowOperation("awsListNamedShadows", "The names of a thing's named shadows");
        names.removeParameter(names.getParameters().get(1));
        names.addParameter(parameter("pageSize", Parameter.In.QUERY, "The most names of a page, to 100.", integer()))
                .addParameter(parameter("nextToken", Parameter.In.QUERY, "Where the page before ended.", text("")));
        answers(names, "200", "A page of names.", null);
        api.getPaths()
                .addPathItem(
                        "/api/things/shadow/ListNamedShadowsForThing/{thing}",
                        OASFactory.createPathItem().GET(names));
    }

    private static Operation shadowOperation(String id, String summary) {
        Operation operation = operation("AWS IoT", id, summary)
                .description("As AWS IoT's data plane; signed by AWS Signature 4, or with the admin token as bearer.")
                .addParameter(parameter("thing", Parameter.In.PATH, "The device.", text("thermostat-1"))
                        .required(true))
                .addParameter(parameter(
                        "name",
                        Parameter.In.QUERY,
                        "The name of the shadow; without it the classic one.",
                        text("night")));
        Map.of(
                        "400", "The request is invalid.",
                        "403", "The signature or the token is wrong.",
                        "404", "There is no such thing or shadow.",
                        "405", "This path does not take this method.",
                        "409", "The version is not that of the request.",
                        "413", "The document is too large.",
                        "415", "The document is not UTF-8.",
                        "429", "There are too many requests.",
                        "500", "Something failed inside.",
                        "503", "The table cannot keep up.")
                .forEach((status, description) -> answers(operation, status, description, "ShadowFailure"));
        answers(operation, "401", "There are no credentials.", "ShadowFailure");
        return operation;
    }

    private static void addInfluxDb(OpenAPI api) {
        Operation ping = operation("InfluxDB", "ping", "Whether anybody is there; for everybody")
                .description("What clients of InfluxDB ask before they write. Takes no credentials.")
                .security(List.of());
        ping.getResponses().addAPIResponse("204", OASFactory.createAPIResponse().description("Here."));
        Operation health = operation("InfluxDB", "health", "Whether writes are taken; for everybody")
                .description("What clients of InfluxDB ask before they write. Takes no credentials.")
                .security(List.of());
        answers(health, "200", "`status` is `pass`.", null);
        answers(health, "503", "`status` is `fail`: the service is not ready.", null);
        api.getPaths().addPathItem("/ping", OASFactory.createPathItem().GET(ping));
        api.getPaths().addPathItem("/health", OASFactory.createPathItem().GET(health));
    }

    private static Operation operation(String tag, String id, String summary) {
        return OASFactory.createOperation()
                .operationId(id)
                .summary(summary)
                .tags(List.of(tag))
                .responses(OASFactory.createAPIResponses());
    }

    private static Parameter parameter(String name, Parameter.In in, String description, Schema schema) {
        return OASFactory.createParameter()
                .name(name)
                .in(in)
                .description(description)
                .schema(schema);
    }

    /** @param schema a component; null for any object */
    private static void answers(Operation operation, String status, String description, @Nullable String schema) {
        operation.getResponses().addAPIResponse(status, response(description, schema));
    }

    private static APIResponse response(String description, @Nullable String schema) {
        Content content = OASFactory.createContent()
                .addMediaType(
                        JSON,
                        OASFactory.createMediaType()
                                .schema(
                                        schema == null
                                                ? anyObject()
                                                : OASFactory.createSchema().ref("#/components/schemas/" + schema)));
        return OASFactory.createAPIResponse().description(description).content(content);
    }

    private static Schema object(String description) {
        return anyObject().description(description);
    }

    private static Schema anyObject() {
        return OASFactory.createSchema().type(List.of(Schema.SchemaType.OBJECT));
    }

    private static Schema integer() {
        return OASFactory.createSchema().type(List.of(Schema.SchemaType.INTEGER));
    }

    private static Schema array(Schema items) {
        return OASFactory.createSchema().type(List.of(Schema.SchemaType.ARRAY)).items(items);
    }

    private static Schema text(String example) {
        Schema text = OASFactory.createSchema().type(List.of(Schema.SchemaType.STRING));
        return example.isEmpty() ? text : text.examples(List.of(example));
    }
}
