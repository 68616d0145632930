package io.hearth.rest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Draws requests from the OpenAPI document: mostly such as it describes, with values of the kind that each parameter takes, and many
 * that are wrong somewhere. A seed gives the same request again, but for the time.
 */
final class RequestGenerator {
    private static final List<String> METHODS =
            List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "M-SEARCH");
    private static final List<String> IDS = List.of("d1", "d2", "d3", "plug:2", "lamp-1", "a_b");
    private static final List<String> NAMES = List.of("night", "a", "config");

    /** Texts that are wrong, or look so, wherever a text may be. Not percent-encoded yet. */
    private static final List<String> ODD = List.of(
            " ",
            "..",
            ".",
            "-1",
            "0",
            "00",
            "1e400",
            "-0",
            "NaN",
            "9223372036854775807",
            "9223372036854775808",
            "99999999999999999999999999",
            "2147483648",
            "true",
            "null",
            "{}",
            "[]",
            "\"",
            "'",
            "\\",
            "a,b",
            ",",
            ",,",
            "a,a",
            "%",
            "%zz",
            "+",
            "\u0000",
            "\n",
            "\r\nX-Injected: 1",
            "\u200B",
            "\uFEFFa",
            "ä",
            "😀",
            "a/b",
            "a:b",
            ":",
            "*",
            "?",
            "#",
            "$aws",
            "x".repeat(128),
            "x".repeat(129),
            "x".repeat(3_000),
            "(".repeat(500),
            "2026-11-22T10:00:00",
            "2026-02-30T10:00:00Z",
            "+999999999-12-31T23:59:59Z",
            "-999999999-01-01T00:00:00Z",
            "0000-00-00",
            "now-999999999999y",
            "-24h",
            "P1Y2M",
            "PT-5M",
            "0s",
            "1ns",
            "Mars/Olympus");

    private static final List<String> TIMES = List.of(
            "now",
            "-1h",
            "-24h",
            "now-7d",
            "-PT5M",
            "now-1M",
            "1795341600",
            "1795341600000",
            "2026-11-22T10:00:00Z",
            "2026-11-22T10:00:00+01:00",
            "0",
            "253402300799");

    private static final List<String> QUERIES = List.of(
            "temperature",
            "{__name__=~\".*\"}",
            "rate(temperature[5m])",
            "avg by (device) (temperature)",
            "topk(2, temperature)",
            "temperature offset 5m",
            "temperature @ end()",
            "1 + 1",
            "\"text\"",
            "temperature[5m]",
            "temperature[1h:1m]",
            "histogram_quantile(0.9, temperature)",
            "absent(nothing)",
            "temperature / on(device) humidity",
            "sum(",
            "}{",
            "-".repeat(300) + "1",
            "quantile_over_time(0.5, temperature[1d])",
            "label_replace(temperature, \"x\", \"$1\", \"device\", \"(.*)\")");

    private static final List<String> MEDIA_TYPES = List.of(
            "application/json",
            "application/json; charset=utf-8",
            "application/json; charset=UTF-16",
            "application/json; charset=none",
            "application/merge-patch+json",
            "application/x-ndjson",
            "application/x-www-form-urlencoded",
            "application/vnd.apache.parquet",
            "text/csv",
            "text/plain",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "text/html",
            "*/*",
            "nonsense",
            "a/b/c",
            ";",
            "");

    private static final List<String> ACCEPTED = List.of(
            "*/*",
            "application/json",
            "application/problem+json",
            "text/csv",
            "application/x-ndjson",
            "application/vnd.apache.parquet",
            "text/event-stream",
            "image/png",
            "text/*;q=0.5, application/json;q=0.1",
            "application/json;q=0",
            "nonsense",
            "a/b;q=x",
            "");

    private static final List<String> ODD_HEADERS = List.of(
            "If-Match: \"1\"",
            "If-Match: *",
            "If-Match: W/\"1\"",
            "If-Match: 1",
            "If-Match: \"99999999999999999999\"",
            "If-None-Match: \"1\", W/\"2\"",
            "If-None-Match: *",
            "Range: bytes=0-1",
            "Range: x",
            "Last-Event-ID: x",
            "Accept-Encoding: gzip",
            "Accept-Encoding: gzip;q=0, identity;q=0, *;q=0",
            "Accept-Encoding: br",
            "Accept-Language: xx-YY, *;q=2",
            "Accept-Charset: none",
            "Origin: http://elsewhere.invalid",
            "Cookie: a=b; c",
            "X-HTTP-Method-Override: DELETE",
            "X-Forwarded-Host: elsewhere.invalid",
            "X-Amz-Date: 20261122T100000Z",
            "traceparent: 00-zz",
            "Content-Language: xx",
            "Content-Type: text/csv",
            "Accept: text/html",
            "X-Long: " + "y".repeat(7_000),
            "X-Bytes: \u00ff\u00fe\u0080",
            "X-Empty:");

    /** Where an address could be that the service would then call: only one of this machine, where nobody listens. */
    private static final Pattern ADDRESS = Pattern.compile("://[^\"\\s]*");

    private final ApiContract contract;
    private final List<ApiContract.Route> routes;
    private final String token;

    RequestGenerator(ApiContract contract, String token) {
        this.contract = contract;
        this.token = token;
        routes = contract.routes();
    }

    /** A request to send: {@code head} ends with the empty line. */
    @SuppressWarnings("ArrayRecordComponent")
    record Generated(ApiContract.Request request, byte[] head, byte[] sentBody) {
        /** For a report: what is sent, but for the token and the rest of what is long. */
        String shown() {
            String text = new String(head, ISO_8859_1)
                    .replaceAll("(?m)^Authorization: .*\r\n", "")
                    .strip();
            String body = new String(sentBody, ISO_8859_1);
            return shortened(text, 1_500) + "\n\n" + shortened(body, 600);
        }

        static String shortened(String text, int length) {
            return text.length() <= length ? text : text.substring(0, length) + "… (" + text.length() + ")";
        }
    }

    Generated next(long seed) {
        // Seeds next to each other would draw alike.
        Random random = new Random(new SplittableRandom(seed).nextLong());
        ApiContract.Route route = routes.get(random.nextInt(routes.size()));
        boolean isCostly = Set.of("backUp", "seal", "verifySyncPeer", "verifyBackup")
                .contains(route.description().path("operationId").asText());
        if (isCostly && random.nextInt(20) != 0) {
            route = routes.get(random.nextInt(routes.size()));
        }
        String method = random.nextInt(25) == 0 ? any(METHODS, random) : route.method();
        String path = pathOf(route, random);
        String query = queryOf(route, random);
        String target = query.isEmpty() ? path : path + '?' + query;

        String contentType = null;
        byte[] body = new byte[0];
        JsonNode described = route.description().path("requestBody");
        if (described.isObject() || random.nextInt(30) == 0) {
            List<String> types = new ArrayList<>();
            described.path("content").fieldNames().forEachRemaining(types::add);
            String type = types.isEmpty() || random.nextInt(12) == 0 ? any(MEDIA_TYPES, random) : any(types, random);
            contentType = type.equals("*/*") ? "text/plain" : type;
            body = bodyOf(route, type, described.path("content").path(type), random);
            if (random.nextInt(60) == 0) {
                contentType = null;
            }
        }
        byte[] sent = body;
        StringBuilder head = new StringBuilder(method + ' ' + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        head.append("Authorization: Bearer ").append(token).append("\r\n");
        if (random.nextInt(5) == 0) {
            head.append("Accept: ").append(any(ACCEPTED, random)).append("\r\n");
        }
        while (random.nextInt(6) == 0) {
            head.append(any(ODD_HEADERS, random)).append("\r\n");
        }
        if (contentType != null) {
            head.append("Content-Type: ").append(contentType).append("\r\n");
        }
        if (body.length > 0 && random.nextInt(15) == 0) {
            String encoding = any(List.of("gzip", "gzip", "deflate", "br", "identity", "gzip, gzip", "x"), random);
            head.append("Content-Encoding: ").append(encoding).append("\r\n");
            if (encoding.equals("gzip") && random.nextInt(4) != 0) {
                sent = gzip(body);
            }
        }
        if (sent.length > 0 && random.nextInt(5) == 0) {
            head.append("Transfer-Encoding: chunked\r\n");
            sent = chunked(sent, random);
        } else if (sent.length > 0 || random.nextInt(3) == 0) {
            head.append("Content-Length: ").append(sent.length).append("\r\n");
        }
        head.append("\r\n");
        return new Generated(
                new ApiContract.Request(method, target, contentType, body),
                head.toString().getBytes(ISO_8859_1),
                sent);
    }

    private String pathOf(ApiContract.Route route, Random random) {
        StringBuilder path = new StringBuilder();
        for (String part : route.template().split("(?=\\{)|(?<=})", -1)) {
            path.append(part.startsWith("{") ? segment(part, random) : part);
        }
        return switch (random.nextInt(120)) {
            case 0 -> path + "/";
            case 1 -> path.toString().replaceFirst("/", "//");
            case 2 -> path + "/x";
            case 3 -> path.toString().toUpperCase(java.util.Locale.ROOT);
            case 4 -> path.insert(path.lastIndexOf("/"), "/../x").toString();
            case 5 -> path.insert(path.lastIndexOf("/"), "/.").toString();
            case 6 -> path + ";a=b";
            case 7 -> path.substring(0, path.length() - 1);
            case 8 -> path.toString().replace(":", "%3A");
            case 9 -> path.toString().replaceFirst("[a-z]", "%61");
            case 10 -> path + "%00";
            default -> path.toString();
        };
    }

    private static String segment(String parameter, Random random) {
        if (random.nextInt(12) == 0) {
            return random.nextInt(8) == 0
                    ? any(List.of("%", "%zz", "%C3", "%FF%FE", "%2F", "%2e%2e", "%00", "a%"), random)
                    : encoded(any(ODD, random));
        }
        return switch (parameter) {
            case "{name}" -> any(random.nextBoolean() ? NAMES : List.of("device", "__name__", "temperature"), random);
            default -> any(IDS, random);
        };
    }

    private String queryOf(ApiContract.Route route, Random random) {
        List<String> parts = new ArrayList<>();
        for (JsonNode parameter : route.description().path("parameters")) {
            boolean isRequired = parameter.path("required").asBoolean();
            if (parameter.path("in").asText().equals("query") && random.nextInt(10) < (isRequired ? 9 : 3)) {
                String name = parameter.path("name").asText();
                do {
                    parts.add(encoded(name) + '=' + encoded(value(name, parameter.path("schema"), random)));
                } while (random.nextInt(30) == 0);
            }
        }
        switch (random.nextInt(60)) {
            case 0 -> parts.add("unknown=1");
            case 1 -> parts.add("from");
            case 2 -> parts.add("=");
            case 3 -> parts.add("&&");
            case 4 -> parts.add("limit=%");
            case 5 -> parts.add("from=%zz");
            case 6 -> parts.add("ids=%FF");
            case 7 -> parts.add("a[]=1&a[]=2");
            case 8 -> parts.add("name=");
            default -> {}
        }
        return String.join("&", parts);
    }

    private static String value(String name, JsonNode schema, Random random) {
        if (random.nextInt(10) == 0) {
            return any(ODD, random);
        }
        JsonNode choices = schema.path("enum");
        if (!choices.isEmpty() && random.nextInt(4) != 0) {
            return choices.get(random.nextInt(choices.size())).asText();
        }
        return switch (name) {
            case "from", "to", "start", "end", "time" -> any(TIMES, random);
            case "every", "step", "timeout", "lookback_delta" ->
                any(List.of("1m", "5m", "PT1H", "1d", "1M", "1w", "30s", "60", "0.5", "1y"), random);
            case "ids" -> any(IDS, random) + (random.nextBoolean() ? "" : ",zz," + any(IDS, random));
            case "device", "thing" -> any(IDS, random);
            case "metrics", "metric" ->
                any(List.of("temperature", "humidity", "temperature,on", "nothing", "a.b"), random);
            case "limit", "pageSize", "maxPoints" -> any(List.of("1", "2", "10", "100", "1000", "100000"), random);
            // Waiting would only take time.
            case "wait" -> random.nextInt(50) == 0 ? "1" : "0";
            case "fn" -> any(List.of("avg", "avg,min,max", "p95", "count,first,last", "rate", "none"), random);
            case "tz" -> any(List.of("UTC", "Europe/Berlin", "+05:30", "Antarctica/Troll"), random);
            case "fill" -> any(List.of("none", "null", "previous", "linear"), random);
            case "groupBy" -> "device";
            case "layout" -> any(List.of("rows", "columns"), random);
            case "ts" -> any(List.of("rfc3339", "epoch"), random);
            case "order" -> any(List.of("asc", "desc"), random);
            case "consistency" -> any(List.of("strong", "eventual"), random);
            case "format" -> any(List.of("ndjson", "csv", "parquet"), random);
            case "kinds" ->
                any(List.of("readings", "shadows", "presence", "device,erasure,shadow", "readings,readings"), random);
            case "precision" -> any(List.of("ns", "us", "ms", "s", "m", "h", "n", "u"), random);
            case "form" -> any(List.of("json", "packed"), random);
            case "origin" -> any(List.of("own", "all"), random);
            case "after" -> any(List.of("now", "Q0x1", "AAAA", "AQIDBAUGBwg"), random);
            case "cursor", "nextToken" -> any(List.of("ZDE", "d1", "AAAA", "bmlnaHQ", "AQIDBAUGBwg"), random);
            case "query" -> any(QUERIES, random);
            case "match[]" -> any(List.of("temperature", "{device=\"d1\"}", "{}", "{__name__=~\".+\"}", "x["), random);
            case "name" -> any(NAMES, random);
            case "reason" -> any(List.of("malformed", "invalid_reading", "internal"), random);
            case "segment" -> any(List.of("0", "1", "7"), random);
            case "segments" -> any(List.of("1", "8", "64"), random);
            case "q" -> any(List.of("CREATE DATABASE x", "SHOW DATABASES"), random);
            default -> any(List.of("x", "1", "true"), random);
        };
    }

    private byte[] bodyOf(ApiContract.Route route, String type, JsonNode content, Random random) {
        String text = random.nextInt(15) == 0 ? any(ODD, random) : textOf(route, type, content, random);
        if (random.nextInt(6) == 0) {
            text = damaged(text, random);
        }
        if (text.length() < 5_000 && random.nextInt(200) == 0) {
            text = text.repeat(300_000 / (text.length() + 1) + 1);
        }
        text = ADDRESS.matcher(text).replaceAll("://127.0.0.1:9");
        return switch (random.nextInt(100)) {
            case 0 -> text.getBytes(UTF_16);
            case 1 -> text.getBytes(ISO_8859_1);
            case 2 -> randomBytes(random);
            case 3 -> ("\uFEFF" + text).getBytes(UTF_8);
            case 4 -> new byte[0];
            case 5 -> concatenated(text.getBytes(UTF_8), new byte[] {(byte) 0xC3, 0x28});
            default -> text.getBytes(UTF_8);
        };
    }

    private String textOf(ApiContract.Route route, String type, JsonNode content, Random random) {
        if (type.equals("application/x-ndjson")) {
            return lines(
                    random,
                    () -> "{\"device\":\"" + any(IDS, random) + "\",\"ts\":" + time(random) + ",\"values\":"
                            + readings(random) + "}");
        }
        if (type.equals("text/csv")) {
            return "device,ts,metric,value,type\n"
                    + lines(
                            random,
                            () -> any(IDS, random) + ',' + any(TIMES, random) + ",temperature,"
                                    + any(List.of("21.5", "x", "", "\"a\"\"b\""), random) + ",number");
        }
        if (type.contains("parquet")) {
            return "PAR1" + any(ODD, random) + "\u0000\u0000\u0000\u0001PAR1";
        }
        if (type.contains("form")) {
            return queryOfForm(content.path("schema"), random);
        }
        if (route.template().endsWith("/write")) {
            return lines(
                    random,
                    () -> "m,device_id=" + any(IDS, random) + ' '
                            + any(
                                    List.of("temperature=21.5", "n=7i,b=t", "s=\"a b\"", "x", "a=1,a=2", "t=1e999"),
                                    random)
                            + ' '
                            + any(List.of("1795341600000000000", "", "x", "-1"), random));
        }
        if (route.template().endsWith("/readings") && random.nextInt(3) != 0) {
            String one = random.nextBoolean()
                    ? readings(random)
                    : "{\"ts\":" + time(random) + ",\"values\":" + readings(random) + '}';
            return random.nextInt(4) == 0 ? '[' + one + ",{\"humidity\":40}]" : one;
        }
        return json(content.path("schema"), 0, random);
    }

    private String queryOfForm(JsonNode schema, Random random) {
        List<String> parts = new ArrayList<>();
        schema.path("properties").properties().forEach(property -> {
            if (random.nextInt(3) != 0) {
                parts.add(encoded(property.getKey())
                        + '='
                        + encoded(value(property.getKey(), property.getValue(), random)));
            }
        });
        return String.join("&", parts);
    }

    /** A value of a schema, or of another form now and then. */
    private String json(JsonNode given, int depth, Random random) {
        JsonNode schema = contract.resolved(given);
        if (random.nextInt(10) == 0 || depth > 6) {
            return anyJson(depth, random);
        }
        JsonNode choices = schema.path("anyOf");
        if (!choices.isEmpty()) {
            return json(choices.get(random.nextInt(choices.size())), depth + 1, random);
        }
        if (ApiContract.isOf("object", schema)) {
            List<String> fields = new ArrayList<>();
            schema.path("properties").properties().forEach(property -> {
                if (random.nextInt(8) != 0) {
                    fields.add('"' + property.getKey() + "\":"
                            + (property.getKey().equals("url")
                                    ? "\"http://127.0.0.1:9\""
                                    : json(property.getValue(), depth + 1, random)));
                }
            });
            if (schema.path("properties").isEmpty() || random.nextInt(8) == 0) {
                fields.add('"' + any(List.of("desired", "reported", "state", "temperature", "ts", ""), random) + "\":"
                        + anyJson(depth + 1, random));
            }
            return '{' + String.join(",", fields) + '}';
        }
        if (ApiContract.isOf("array", schema)) {
            return '[' + json(schema.path("items"), depth + 1, random) + ']';
        }
        if (ApiContract.isOf("integer", schema)) {
            return String.valueOf(random.nextInt(5));
        }
        if (ApiContract.isOf("string", schema)) {
            return '"' + any(List.of("eu", "us", "hub", "app-7", "x"), random) + '"';
        }
        return anyJson(depth, random);
    }

    private static String anyJson(int depth, Random random) {
        return switch (random.nextInt(depth > 6 ? 10 : 14)) {
            case 0 -> "null";
            case 1 -> "true";
            case 2 -> "21.5";
            case 3 -> "1e400";
            case 4 -> "-" + "9".repeat(400);
            case 5 -> "1e-999999999";
            case 6 -> "\"\\u0000\\ud800\"";
            case 7 -> "\"" + "x".repeat(2_000) + "\"";
            case 8 -> "[".repeat(2_000);
            case 9 -> "[".repeat(40) + "1" + "]".repeat(40);
            case 10 -> "{\"a\":" + anyJson(depth + 1, random) + ",\"a\":1}";
            case 11 -> "[" + anyJson(depth + 1, random) + "," + anyJson(depth + 1, random) + "]";
            case 12 -> "{\"on\":" + anyJson(depth + 1, random) + "}";
            default -> "{}";
        };
    }

    private static String readings(Random random) {
        return random.nextInt(5) == 0
                ? anyJson(0, random)
                : any(
                        List.of(
                                "{\"temperature\":21.5}",
                                "{\"temperature\":20,\"on\":true,\"mode\":\"eco\"}",
                                "{\"a\":{\"b\":[1,2]}}",
                                "{\"temperature\":null}",
                                "{\"a/b\":1}",
                                "{}"),
                        random);
    }

    private static String time(Random random) {
        return any(
                List.of(
                        '"' + Instant.now().toString() + '"',
                        String.valueOf(Instant.now().getEpochSecond() - random.nextInt(3_600)),
                        "\"2026-11-22T10:00:00Z\"",
                        "1e99",
                        "-1",
                        "null",
                        "\"x\""),
                random);
    }

    private static String lines(Random random, java.util.function.Supplier<String> line) {
        StringBuilder lines = new StringBuilder();
        do {
            lines.append(line.get()).append(random.nextInt(30) == 0 ? "\r\n" : "\n");
        } while (random.nextInt(3) != 0);
        return lines.toString();
    }

    /** The text with a piece too much, too little, or changed. */
    private static String damaged(String text, Random random) {
        int at = random.nextInt(text.length() + 1);
        return switch (random.nextInt(4)) {
            case 0 -> text.substring(0, at);
            case 1 -> text.substring(0, at) + any(ODD, random) + text.substring(at);
            case 2 -> text.substring(at);
            default -> text + text;
        };
    }

    private static byte[] randomBytes(Random random) {
        byte[] bytes = new byte[random.nextInt(200)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] concatenated(byte[] first, byte[] second) {
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(first);
        both.writeBytes(second);
        return both.toByteArray();
    }

    private static byte[] chunked(byte[] body, Random random) {
        ByteArrayOutputStream chunks = new ByteArrayOutputStream();
        int length;
        for (int at = 0; at < body.length; at += length) {
            length = Math.min(body.length - at, 1 + random.nextInt(body.length));
            chunks.writeBytes((Integer.toHexString(length) + "\r\n").getBytes(ISO_8859_1));
            chunks.write(body, at, length);
            chunks.writeBytes("\r\n".getBytes(ISO_8859_1));
        }
        chunks.writeBytes("0\r\n\r\n".getBytes(ISO_8859_1));
        return chunks.toByteArray();
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory does not fail", e);
        }
        return packed.toByteArray();
    }

    private static String encoded(@Nullable String text) {
        return URLEncoder.encode(text == null ? "" : text, UTF_8).replace("+", "%20");
    }

    private static <T> T any(List<T> values, Random random) {
        return values.get(random.nextInt(values.size()));
    }
}
