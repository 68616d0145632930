package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The OpenAPI document as a contract: names what of a request, or of the answer to it, is against it. */
final class ApiContract {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonSchemaFactory SCHEMAS = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
    private static final Pattern PARAMETER = Pattern.compile("\\{([^}]+)}");
    private static final Pattern ENCODED_LETTER = Pattern.compile("%([46][1-9A-Fa-f]|[57][0-9Aa])");
    private static final Set<String> METHODS =
            Set.of("get", "put", "post", "delete", "options", "head", "patch", "trace");

    /** Routes in the words of other products, whose clients may send parameters that are not looked at. */
    private static final Set<String> LENIENT = Set.of("InfluxDB", "Prometheus", "AWS IoT");

    /** A request; {@code target} is the path and the query, percent-encoded as they are sent. */
    @SuppressWarnings("ArrayRecordComponent")
    record Request(String method, String target, @Nullable String contentType, byte[] body) {
        String path() {
            int query = target.indexOf('?');
            return query < 0 ? target : target.substring(0, query);
        }

        String query() {
            int query = target.indexOf('?');
            return query < 0 ? "" : target.substring(query + 1);
        }

        @Override
        public String toString() {
            return method + " " + target;
        }
    }

    /** An answer; {@code body} is null if it has not been read to its end, as of an endless stream. */
    @SuppressWarnings("ArrayRecordComponent")
    record Answer(int status, @Nullable String contentType, byte @Nullable [] body) {}

    /** An operation that the document has, for one path and method. */
    record Route(String method, String template, JsonNode description) {
        @Override
        public String toString() {
            return method + " " + template;
        }
    }

    private record Template(String text, Pattern pattern, JsonNode item) {
        int literalLength() {
            return PARAMETER.matcher(text).replaceAll("").length();
        }
    }

    private final JsonNode document;
    private final List<Template> templates = new ArrayList<>();
    private final Map<JsonNode, JsonSchema> compiled = Collections.synchronizedMap(new IdentityHashMap<>());

    ApiContract(JsonNode document) {
        this.document = document;
        document.at("/paths")
                .properties()
                .forEach(path -> templates.add(new Template(path.getKey(), patternOf(path.getKey()), path.getValue())));
        // Of several that fit, the one that says most: {id}:verify before {id}.
        templates.sort(Comparator.comparingInt(Template::literalLength).reversed());
    }

    private static Pattern patternOf(String template) {
        StringBuilder pattern = new StringBuilder();
        Matcher parameter = PARAMETER.matcher(template);
        int end = 0;
        for (; parameter.find(); end = parameter.end()) {
            pattern.append(Pattern.quote(template.substring(end, parameter.start())))
                    .append("([^/]+)");
        }
        return Pattern.compile(pattern + Pattern.quote(template.substring(end)));
    }

    /** Every operation, in the order of the document. */
    List<Route> routes() {
        List<Route> routes = new ArrayList<>();
        document.at("/paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(operation -> {
                    if (METHODS.contains(operation.getKey())) {
                        routes.add(new Route(
                                operation.getKey().toUpperCase(Locale.ROOT), path.getKey(), operation.getValue()));
                    }
                }));
        return routes;
    }

    /** The operation for a path as it is sent; HEAD is answered as GET is. */
    Optional<Route> route(String method, String path) {
        // Methods are told apart by case.
        String key = method.equals("HEAD")
                ? "get"
                : method.equals(method.toUpperCase(Locale.ROOT)) ? method.toLowerCase(Locale.ROOT) : "none";
        String plain = plain(path);
        return templates.stream()
                .filter(template -> template.pattern.matcher(plain).matches())
                .findFirst()
                .filter(template -> template.item.has(key))
                .map(template -> new Route(method, template.text, template.item.path(key)));
    }

    /** Whether the document has the path, with any method. */
    boolean knows(String path) {
        String plain = plain(path);
        return templates.stream()
                .anyMatch(template -> template.pattern.matcher(plain).matches());
    }

    /** Whether the document has the path with this method. */
    boolean knows(String method, String path) {
        return route(method, path).isPresent();
    }

    /** A path as it is routed: without dot segments, doubled slashes and a slash at the end. */
    private static String plain(String path) {
        String plain =
                path.replaceAll("(?i)%3A", ":").replaceAll("(?i)%2E", ".").replaceAll("/{2,}", "/");
        Matcher letter = ENCODED_LETTER.matcher(plain);
        plain = letter.replaceAll(found -> String.valueOf((char) Integer.parseInt(found.group(1), 16)));
        List<String> segments = new ArrayList<>();
        for (String segment :
                plain.replaceAll(";[^/]*", "").replaceFirst("/$", "").split("/", -1)) {
            if (segment.equals("..")) {
                if (segments.size() > 1) {
                    segments.remove(segments.size() - 1);
                }
            } else if (!segment.equals(".")) {
                segments.add(segment);
            }
        }
        return String.join("/", segments);
    }

    /** A schema itself where {@code schema} refers to a component. */
    JsonNode resolved(JsonNode schema) {
        return schema.has("$ref") ? document.at(schema.path("$ref").asText().substring(1)) : schema;
    }

    /** What of {@code request} is against the document. */
    List<String> problemsOf(Request request) {
        Route route = route(request.method, request.path()).orElse(null);
        if (route == null) {
            return List.of("no such operation");
        }
        List<String> problems = new ArrayList<>();
        Map<String, List<String>> given = parametersIn(request.query());
        List<String> known = new ArrayList<>();
        for (JsonNode parameter : route.description.path("parameters")) {
            String name = parameter.path("name").asText();
            JsonNode schema = parameter.path("schema");
            switch (parameter.path("in").asText()) {
                case "query" -> {
                    known.add(name);
                    List<String> values = given.getOrDefault(name, List.of());
                    if (values.isEmpty() && parameter.path("required").asBoolean()) {
                        problems.add("parameter " + name + " is required");
                    }
                    if (isOf("array", schema)) {
                        ArrayNode all = JSON.createArrayNode();
                        values.forEach(value -> all.add(typed(value, schema.path("items"))));
                        addProblems("parameter " + name, schema, all, problems);
                    } else {
                        values.forEach(
                                value -> addProblems("parameter " + name, schema, typed(value, schema), problems));
                        if (values.size() > 1) {
                            problems.add("parameter " + name + " is given " + values.size() + " times");
                        }
                    }
                }
                case "path" ->
                    addProblems("parameter " + name, schema, typed(pathValue(route, name, request), schema), problems);
                default -> {}
            }
        }
        boolean lenient = LENIENT.contains(route.description.at("/tags/0").asText());
        given.keySet().stream()
                .filter(name -> !lenient && !known.contains(name))
                .forEach(name -> problems.add("parameter " + name + " is not described"));
        addProblemsOfBody(route.description.path("requestBody"), request, problems);
        return problems;
    }

    private void addProblemsOfBody(JsonNode described, Request request, List<String> problems) {
        if (request.body.length == 0) {
            if (described.path("required").asBoolean()) {
                problems.add("a body is required");
            }
            return;
        }
        if (described.isMissingNode()) {
            problems.add("no body is described");
            return;
        }
        String type = mediaType(request.contentType);
        JsonNode content = contentOf(described.path("content"), type);
        if (content.isMissingNode()) {
            problems.add("a body of " + request.contentType + " is not described");
        } else if (isJson(type)) {
            addProblemsOfJson("body", content.path("schema"), request.body, problems);
        } else if (type.equals("application/x-www-form-urlencoded")) {
            ObjectNode form = JSON.createObjectNode();
            parametersIn(new String(request.body, UTF_8)).forEach((name, values) -> {
                JsonNode schema = content.at("/schema/properties").path(name);
                if (isOf("array", schema)) {
                    values.forEach(form.withArray("/" + name)::add);
                } else {
                    form.set(name, typed(values.get(0), schema));
                }
            });
            addProblems("body", content.path("schema"), form, problems);
        }
    }

    /** What of the answer to {@code request} is against the document, or against what holds for all that it does not have. */
    List<String> problemsOf(Request request, Answer answer) {
        boolean refusedUnread = answer.status == 400 && answer.body != null && answer.body.length == 0;
        if (refusedUnread && !isUri(request.target)) {
            return List.of();
        }
        Route route = route(request.method, request.path()).orElse(null);
        if (route == null) {
            return problemsOfRefusal(request, answer);
        }
        List<String> problems = problemsOf(route, request, answer);
        boolean isPlain = plain(request.path()).equals(request.path());
        // Not every route takes a path that has to be put right first.
        return problems.isEmpty() || isPlain ? problems : problemsOfRefusal(request, answer);
    }

    private List<String> problemsOf(Route route, Request request, Answer answer) {
        JsonNode described = route.description.path("responses").path(String.valueOf(answer.status));
        if (described.isMissingNode()) {
            return List.of("status " + answer.status + " is not described");
        }
        List<String> problems = new ArrayList<>();
        byte[] body = answer.body;
        boolean empty = body != null && body.length == 0;
        JsonNode contents = described.path("content");
        if (contents.isEmpty() || request.method.equals("HEAD")) {
            if (!empty) {
                problems.add("status " + answer.status + " has a body, and none is described");
            }
            return problems;
        }
        String type = mediaType(answer.contentType);
        JsonNode content = contentOf(contents, type);
        if (content.isMissingNode()) {
            problems.add("status " + answer.status + " with " + answer.contentType + " is not described");
        } else if (isJson(type) && body != null) {
            addProblemsOfJson("status " + answer.status, content.path("schema"), body, problems);
        }
        return problems;
    }

    private static boolean isUri(String target) {
        try {
            return new URI(target).getRawPath().startsWith("/");
        } catch (URISyntaxException e) {
            return false;
        }
    }

    /** Of a path that there is not, or a method that it does not take. */
    private List<String> problemsOfRefusal(Request request, Answer answer) {
        List<String> problems = new ArrayList<>();
        List<Integer> refusals = knows(request.path()) ? List.of(400, 404, 405) : List.of(400, 404);
        // The framework's own answer any method.
        boolean isOperations = plain(request.path()).startsWith("/q/");
        if (isOperations || (request.method.equals("OPTIONS") && answer.status == 200)) {
            return problems;
        }
        if (!refusals.contains(answer.status)) {
            problems.add("status " + answer.status + " where there is no such operation");
        } else if (!request.method.equals("HEAD") && answer.body != null) {
            String schema =
                    mediaType(answer.contentType).equals("application/problem+json") ? "Problem" : "ShadowFailure";
            addProblemsOfJson(
                    "status " + answer.status,
                    document.at("/components/schemas").path(schema),
                    answer.body,
                    problems);
        }
        return problems;
    }

    /** What of {@code value} is against a schema of the document. */
    Set<ValidationMessage> problemsOf(JsonNode schema, JsonNode value) {
        return compiled.computeIfAbsent(schema, this::compile).validate(value);
    }

    private JsonSchema compile(JsonNode schema) {
        ObjectNode whole = JSON.createObjectNode();
        whole.putArray("allOf").add(schema);
        whole.set("components", document.path("components"));
        return SCHEMAS.getSchema(whole);
    }

    private void addProblemsOfJson(String where, JsonNode schema, byte[] body, List<String> problems) {
        try {
            JsonNode value = JSON.readTree(body);
            if (value.isMissingNode()) {
                problems.add(where + ": no JSON");
            } else {
                addProblems(where, schema, value, problems);
            }
        } catch (IOException e) {
            problems.add(where + ": not JSON: " + e.getMessage());
        }
    }

    private void addProblems(String where, JsonNode schema, JsonNode value, List<String> problems) {
        if (schema.isObject()) {
            problemsOf(schema, value).forEach(problem -> problems.add(where + ": " + problem.getMessage()));
        }
    }

    private static boolean isJson(String mediaType) {
        return mediaType.equals("application/json") || mediaType.endsWith("+json");
    }

    private static JsonNode contentOf(JsonNode contents, String mediaType) {
        if (contents.has(mediaType)) {
            return contents.path(mediaType);
        }
        return contents.has("*/*") ? contents.path("*/*") : MissingNode.getInstance();
    }

    static String mediaType(@Nullable String contentType) {
        return contentType == null
                ? ""
                : contentType.replaceFirst(";.*", "").strip().toLowerCase(Locale.ROOT);
    }

    /** Whether a schema takes values of a type. */
    static boolean isOf(String type, JsonNode schema) {
        JsonNode types = schema.path("type");
        for (JsonNode one : types) {
            if (one.asText().equals(type)) {
                return true;
            }
        }
        return types.asText().equals(type);
    }

    /** What a text in a path, query or form is by its schema. */
    private static JsonNode typed(String text, JsonNode schema) {
        if (isOf("integer", schema) && text.matches("-?[0-9]{1,18}")) {
            return JSON.getNodeFactory().numberNode(Long.parseLong(text));
        }
        return JSON.getNodeFactory().textNode(text);
    }

    private static String pathValue(Route route, String name, Request request) {
        List<String> names = PARAMETER
                .matcher(route.template)
                .results()
                .map(found -> found.group(1))
                .toList();
        Matcher path = patternOf(route.template).matcher(plain(request.path()));
        return path.matches() ? decoded(path.group(names.indexOf(name) + 1), false) : "";
    }

    /** The parameters of a query or form by name; empty ones count as none. */
    private static Map<String, List<String>> parametersIn(String query) {
        Map<String, List<String>> parameters = new TreeMap<>();
        for (String part : query.split("&", -1)) {
            int equals = part.indexOf('=');
            if (equals > 0 && equals < part.length() - 1) {
                parameters
                        .computeIfAbsent(decoded(part.substring(0, equals), true), name -> new ArrayList<>())
                        .add(decoded(part.substring(equals + 1), true));
            }
        }
        return parameters;
    }

    private static String decoded(String text, boolean plusIsSpace) {
        return URLDecoder.decode(plusIsSpace ? text : text.replace("+", "%2B"), UTF_8);
    }
}
