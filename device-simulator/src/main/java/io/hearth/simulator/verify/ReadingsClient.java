package io.hearth.simulator.verify;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads a device's readings over REST, page by page, each parsed while it arrives. Safe for many threads. */
final class ReadingsClient {

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final VerifySettings settings;
    private final Instant rangeEnd;
    private final HttpClient http;
    private final JsonFactory json = new JsonFactory();

    /** @param rangeEnd readings from this device time on are not asked for */
    ReadingsClient(VerifySettings settings, Instant rangeEnd) {
        this.settings = settings;
        this.rangeEnd = rangeEnd;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(settings.timeout())
                .build();
    }

    /** Waits until the service says that it is ready; a service that has no such question counts as ready. */
    void awaitReady() throws VerificationFailedException, InterruptedException {
        URI uri = resolve("/q/health/ready");
        long deadline = System.nanoTime() + settings.readyWait().toNanos();
        while (true) {
            String failure;
            try {
                int status = http.send(request(uri), HttpResponse.BodyHandlers.discarding())
                        .statusCode();
                if (status < 500) {
                    return;
                }
                failure = "it answers " + status;
            } catch (IOException e) {
                failure = describe(e);
            }
            if (System.nanoTime() - deadline >= 0) {
                throw new VerificationFailedException("no service ready at " + settings.baseUrl() + ": " + failure);
            }
            TimeUnit.NANOSECONDS.sleep(RETRY_NANOS);
        }
    }

    /** Passes on every reading of the device in the order of the answer. An unknown device has none. */
    void read(String deviceId, Consumer<StoredReading> sink) throws VerificationFailedException, InterruptedException {
        String path = "/api/v1/devices/" + encode(deviceId) + "/readings?from=1970-01-01T00:00:00Z&to="
                + encode(rangeEnd.truncatedTo(ChronoUnit.SECONDS).toString()) + "&order=asc&limit="
                + settings.pageReadings();
        String cursor = null;
        do {
            URI uri = resolve(cursor == null ? path : path + "&cursor=" + encode(cursor));
            String next = readPage(uri, sink);
            if (next != null && next.equals(cursor)) {
                throw new VerificationFailedException("the cursor does not move on: GET " + uri);
            }
            cursor = next;
        } while (cursor != null);
    }

    private @Nullable String readPage(URI uri, Consumer<StoredReading> sink)
            throws VerificationFailedException, InterruptedException {
        HttpResponse<InputStream> response = send(uri);
        try (InputStream body = response.body()) {
            if (response.statusCode() == 404) {
                return null;
            }
            if (response.statusCode() != 200) {
                String text = new String(body.readNBytes(500), StandardCharsets.UTF_8);
                String hint = response.statusCode() == 401 || response.statusCode() == 403 ? " (check the token)" : "";
                throw new VerificationFailedException(
                        "GET " + uri + " answers " + response.statusCode() + hint + ": " + text.strip());
            }
            try (JsonParser parser = json.createParser(body)) {
                return parsePage(parser, uri, sink);
            }
        } catch (JacksonException | DateTimeException e) {
            throw new VerificationFailedException("GET " + uri + " answers what cannot be read: "
                    + (e instanceof JacksonException j ? j.getOriginalMessage() : e.getMessage()));
        } catch (IOException e) {
            // Readings of this page may be counted already, so it cannot be asked for again.
            throw new VerificationFailedException("GET " + uri + " broke off: " + describe(e));
        }
    }

    /** Retries while the service cannot be reached or is not ready. */
    private HttpResponse<InputStream> send(URI uri) throws VerificationFailedException, InterruptedException {
        long deadline = System.nanoTime() + settings.readyWait().toNanos();
        while (true) {
            String failure;
            try {
                HttpResponse<InputStream> response = http.send(request(uri), HttpResponse.BodyHandlers.ofInputStream());
                int status = response.statusCode();
                if (status != 429 && status != 502 && status != 503 && status != 504) {
                    return response;
                }
                response.body().close();
                failure = "answers " + status;
            } catch (IOException e) {
                failure = describe(e);
            }
            if (System.nanoTime() - deadline >= 0) {
                throw new VerificationFailedException("GET " + uri + ": " + failure);
            }
            TimeUnit.NANOSECONDS.sleep(RETRY_NANOS);
        }
    }

    private HttpRequest request(URI uri) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri).timeout(settings.timeout()).header("Accept", "application/json");
        String token = settings.token();
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return request.build();
    }

    private URI resolve(String pathAndQuery) {
        String base = settings.baseUrl().toString();
        return URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + pathAndQuery);
    }

    private static @Nullable String parsePage(JsonParser parser, URI uri, Consumer<StoredReading> sink)
            throws IOException, VerificationFailedException {
        expect(parser.nextToken() == JsonToken.START_OBJECT, uri);
        boolean readings = false;
        boolean cursorSeen = false;
        String cursor = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("readings")) {
                readings = true;
                expect(value == JsonToken.START_ARRAY, uri);
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    sink.accept(parseReading(parser, uri));
                }
            } else if (name.equals("nextCursor")) {
                cursorSeen = true;
                cursor = value == JsonToken.VALUE_NULL ? null : parser.getText();
            } else {
                parser.skipChildren();
            }
        }
        expect(readings && cursorSeen, uri);
        return cursor;
    }

    private static StoredReading parseReading(JsonParser parser, URI uri)
            throws IOException, VerificationFailedException {
        expect(parser.currentToken() == JsonToken.START_OBJECT, uri);
        Instant time = null;
        Map<String, Object> values = new HashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("ts")) {
                expect(value == JsonToken.VALUE_STRING, uri);
                time = OffsetDateTime.parse(parser.getText()).toInstant();
            } else if (name.equals("values")) {
                expect(value == JsonToken.START_OBJECT, uri);
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String metric = parser.currentName();
                    values.put(metric, parseValue(parser, parser.nextToken()));
                }
            } else {
                parser.skipChildren();
            }
        }
        if (time == null) {
            throw new VerificationFailedException("GET " + uri + " answers a reading without ts");
        }
        return new StoredReading(ChronoUnit.MICROS.between(Instant.EPOCH, time), values);
    }

    private static Object parseValue(JsonParser parser, JsonToken token) throws IOException {
        return switch (token) {
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> Boolean.TRUE;
            case VALUE_FALSE -> Boolean.FALSE;
            case VALUE_STRING -> parser.getText();
            default -> {
                parser.skipChildren();
                yield StoredReading.NOT_A_VALUE;
            }
        };
    }

    private static void expect(boolean as, URI uri) throws VerificationFailedException {
        if (!as) {
            throw new VerificationFailedException(
                    "GET " + uri + " does not answer {\"device\",\"readings\":[{\"ts\",\"values\"}],\"nextCursor\"}");
        }
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String describe(IOException e) {
        if (e instanceof ConnectException) {
            return "connection refused";
        }
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }
}
