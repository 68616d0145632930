package io.hearth.ingest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.hearth.codec.MalformedPayloadException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Topics below that of telemetry, {@code devices/{deviceId}/telemetry/{metric}}, whose payload is the value of the metric that
 * they name: a number, {@code true}, {@code false}, or else a text.
 */
final class MetricTopic {
    private static final String BELOW = "/telemetry/";
    private static final JsonFactory JSON = new JsonFactory();

    private MetricTopic() {}

    /** The metric that a topic of telemetry names, valid or not, further levels behind dots; null if it names none. */
    private static @Nullable String metricOf(String topic) {
        int at = topic.indexOf('/', topic.indexOf('/') + 1);
        return at > 0 && topic.startsWith(BELOW, at)
                ? topic.substring(at + BELOW.length()).replace('/', '.')
                : null;
    }

    /**
     * The JSON of a reading, for what was published to a topic of telemetry: the payload itself, but below that topic an object
     * with the one metric.
     *
     * @throws MalformedPayloadException the payload is no value of a metric
     */
    static byte[] reading(String topic, byte[] payload) throws MalformedPayloadException {
        String metric = metricOf(topic);
        if (metric == null) {
            return payload;
        }
        String value = value(payload);
        String name = String.valueOf(JsonStringEncoder.getInstance().quoteAsString(metric));
        return ("{\"values\":{\"" + name + "\":" + value + "}}").getBytes(StandardCharsets.UTF_8);
    }

    private static String value(byte[] payload) throws MalformedPayloadException {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(payload))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedPayloadException("the payload is not UTF-8");
        }
        String value = text.strip();
        if (value.isEmpty() || value.charAt(0) == '{' || value.charAt(0) == '[') {
            throw new MalformedPayloadException(
                    "the payload below a topic of telemetry is one value: a number, true, false or a text");
        }
        return isJsonScalar(value)
                ? value
                : '"' + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }

    private static boolean isJsonScalar(String text) {
        try (JsonParser parser = JSON.createParser(text)) {
            JsonToken token = parser.nextToken();
            // Reads the whole of a string, which fails if it is none.
            parser.finishToken();
            return token != null && token.isScalarValue() && parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }
}
