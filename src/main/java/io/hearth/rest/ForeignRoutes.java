package io.hearth.rest;

import io.hearth.rest.intake.LineProtocolResource;
import io.hearth.rest.problem.Problem;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** What the OpenAPI document says of routes in the words of other products: Prometheus, AWS IoT, the first questions of InfluxDB. */
final class ForeignRoutes {
    static final String PROMETHEUS = "/prometheus/";
    static final String THINGS = "/things/";
    static final String OPERATIONS = "/q/";

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
                .addSchema(
                        "InfluxFailure",
                        object("Which lines were not stored, as InfluxDB says it.")
                                .addProperty("code", text("invalid"))
                                .addProperty(
                                        "message", text("partial write: 2 readings stored, 1 lines not: line 3: …"))
                                .addProperty("error", text("partial write: 2 readings stored, 1 lines not: line 3: …")))
                .removeSchema("MultivaluedMapStringString");
        addShadows(api);
        addInfluxDb(api);
        addOperations(api);
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
        operation
                .getResponses()
                .addAPIResponse(
                        "400", orProblem(response("The query or a parameter is invalid.", "PrometheusFailure")));
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
        MediaType document = OASFactory.createMediaType()
                .schema(object("An update: `state`, and `version` and `clientToken` if wanted.")
                        .addProperty("state", anyObject())
                        .addProperty("version", integer())
                        .addProperty("clientToken", text("app-7")));
        update.setRequestBody(OASFactory.createRequestBody()
                .required(true)
                .content(OASFactory.createContent()
                        .addMediaType(JSON, document)
                        // As AWS SDKs send it.
                        .addMediaType("application/octet-stream", document)));
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
        for (String write : List.of(LineProtocolResource.WRITE_V1, LineProtocolResource.WRITE_V2)) {
            Operation lines = api.getPaths().getPathItem(write).getPOST();
            lines.getRequestBody()
                    .required(true)
                    .content(OASFactory.createContent()
                            .addMediaType(
                                    "*/*",
                                    OASFactory.createMediaType()
                                            .schema(text("readings,device_id=d1 temperature=21.5"))));
            lines.getResponses()
                    .addAPIResponse(
                            "400",
                            orProblem(response("Lines that could not be stored; the others are.", "InfluxFailure")));
        }
        Operation query = operation(
                        "InfluxDB", "influxQuery", "CREATE DATABASE, which clients of InfluxDB 1 send first")
                .description("Answers that statement, as there is nothing to create, and no other.")
                .addParameter(parameter("q", Parameter.In.QUERY, "The statement.", text("CREATE DATABASE telegraf")))
                .requestBody(OASFactory.createRequestBody()
                        .content(OASFactory.createContent()
                                .addMediaType(
                                        FORM,
                                        OASFactory.createMediaType()
                                                .schema(anyObject().addProperty("q", text("CREATE DATABASE telegraf"))))
                                .addMediaType(
                                        "*/*", OASFactory.createMediaType().schema(text("")))));
        answers(query, "200", "There is nothing to do.", null);
        query.getResponses().addAPIResponse("400", orProblem(response("Another statement.", "InfluxFailure")));
        api.getPaths().addPathItem("/query", OASFactory.createPathItem().POST(query));
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

    /** What operators and monitoring ask. */
    private static void addOperations(OpenAPI api) {
        for (String kind : List.of("live", "ready")) {
            Operation health = operation(
                            "Operations",
                            "health" + (kind.equals("live") ? "Live" : "Ready"),
                            "Whether the service is " + kind)
                    .description("For everybody; with the token also the checks by name.")
                    .security(List.of());
            answers(health, "200", "`status` is `UP`.", null);
            answers(health, "503", "`status` is `DOWN`.", null);
            health.getResponses().addAPIResponse("401", ProblemResponses.of("401", "The token is wrong."));
            api.getPaths()
                    .addPathItem(
                            "/q/health/" + kind, OASFactory.createPathItem().GET(health));
        }
        Operation metrics = operation("Operations", "metrics", "The metrics, for Prometheus");
        Content text = OASFactory.createContent();
        for (String type : List.of("text/plain", "application/openmetrics-text")) {
            text.addMediaType(type, OASFactory.createMediaType().schema(text("")));
        }
        metrics.getResponses()
                .addAPIResponse(
                        "200",
                        OASFactory.createAPIResponse()
                                .description("The metrics.")
                                .content(text))
                .addAPIResponse("401", ProblemResponses.of("401", "The token is missing or wrong."))
                .addAPIResponse("406", OASFactory.createAPIResponse().description("Accept has neither text form."));
        api.getPaths().addPathItem("/q/metrics", OASFactory.createPathItem().GET(metrics));
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

    /** Adds to the words of the other product the problem for a request that cannot be read at all. */
    private static APIResponse orProblem(APIResponse refusal) {
        refusal.getContent()
                .addMediaType(
                        Problem.MEDIA_TYPE,
                        ProblemResponses.of("400", "").getContent().getMediaType(Problem.MEDIA_TYPE));
        return refusal;
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
