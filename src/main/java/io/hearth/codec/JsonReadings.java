package io.hearth.codec;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.hearth.model.EpochMicros;
import io.hearth.model.MetricName;
import io.hearth.model.PointBuffer;
import io.hearth.model.Value;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Readings as JSON (RFC 8259): one object, or an array of them.
 *
 * <p>A reading is {@code {"temperature":21.5,"motion":true}}, or {@code {"ts":…,"values":{…}}}. The field {@code ts} is
 * its device time: RFC 3339 with an offset, or an epoch number. Every other field is a metric; the fields of
 * {@code values} are, too. Nested objects flatten with dots, arrays with the index of each element ({@code a.0}); {@code null} is
 * left out.
 *
 * <p>A document that is no JSON is refused as a whole. In one that is, a reading with a value or a name that cannot be
 * stored, or with a field or a metric that it has twice, is rejected alone.
 */
public final class JsonReadings {
    /** The most metrics one reading may have. */
    public static final int MAX_METRICS = 1024;

    private static final int MAX_DEPTH = 32;

    private final JsonFactory factory = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
            .build();

    /** What is wrong with a reading whose JSON is sound. */
    private static final class UnfitReadingException extends Exception {
        private static final long serialVersionUID = 1L;

        UnfitReadingException(String message) {
            super(message, null, false, false);
        }
    }

    /**
     * Appends the readings of {@code payload} to {@code target}; one without {@code ts} gets
     * {@link PointBuffer#NO_TIME}.
     *
     * @return the readings that were left out, by index ascending
     * @throws MalformedPayloadException if it is no JSON, or neither an object nor an array of objects; {@code target} is
     *     as it was
     */
    public List<RejectedReading> decode(byte[] payload, PointBuffer target) throws MalformedPayloadException {
        int before = target.size();
        try (JsonParser parser = open(payload, 0, payload.length)) {
            JsonToken first = parser.nextToken();
            List<RejectedReading> rejected;
            if (first == JsonToken.START_OBJECT) {
                RejectedReading unfit = readReading(parser, 0, target);
                if (unfit != null) {
                    return List.of(unfit); // what is behind it, as much as a payload may hold, cannot make it fit
                }
                rejected = List.of();
            } else if (first == JsonToken.START_ARRAY) {
                rejected = readArray(parser, target);
            } else {
                throw new MalformedPayloadException(
                        first == null ? "the payload is empty" : "a reading is an object, or an array of objects");
            }
            if (parser.nextToken() != null) {
                throw new MalformedPayloadException("there is more behind the end of the JSON document");
            }
            return rejected;
        } catch (MalformedPayloadException e) {
            target.truncate(before);
            throw e;
        } catch (IOException e) {
            target.truncate(before);
            throw malformed(e);
        }
    }

    /**
     * Appends the reading of one line of NDJSON, {@code {"device":…,"ts":…,"values":{…}}}, to {@code target}.
     *
     * @return the device it names, not validated
     * @throws MalformedPayloadException if the line is no reading, or one that cannot be stored; {@code target} is as it was
     */
    public String decodeLine(byte[] lines, int offset, int length, PointBuffer target)
            throws MalformedPayloadException {
        int before = target.size();
        try (JsonParser parser = open(lines, offset, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new MalformedPayloadException("a line is an object");
            }
            ReadingFields fields = new ReadingFields(parser, target, true);
            fields.read();
            if (parser.nextToken() != null) {
                throw new MalformedPayloadException("there is more behind the end of the object");
            }
            if (fields.device == null) {
                throw new MalformedPayloadException("device: is missing");
            }
            return fields.device;
        } catch (MalformedPayloadException e) {
            target.truncate(before);
            throw e;
        } catch (UnfitReadingException e) {
            target.truncate(before);
            throw new MalformedPayloadException(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            target.truncate(before);
            throw malformed(e);
        }
    }

    /**
     * A payload with only some of the readings of one that {@link #decode} took, each byte by byte as it was.
     *
     * @param indexes the places of the readings in the payload, from 0; not empty
     */
    public byte[] select(byte[] payload, BitSet indexes) {
        try (JsonParser parser = open(payload, 0, payload.length)) {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                return payload;
            }
            ByteArrayOutputStream selected = new ByteArrayOutputStream(payload.length);
            selected.write('[');
            for (int i = 0; i < indexes.length(); i++) {
                parser.nextToken();
                int start = (int) parser.currentTokenLocation().getByteOffset();
                parser.skipChildren();
                parser.finishToken();
                if (indexes.get(i)) {
                    if (selected.size() > 1) {
                        selected.write(',');
                    }
                    int end = (int) parser.currentLocation().getByteOffset();
                    selected.write(payload, start, end - start);
                }
            }
            selected.write(']');
            return selected.toByteArray();
        } catch (IOException | MalformedPayloadException e) {
            throw new IllegalArgumentException("the payload was not decoded before", e);
        }
    }

    private List<RejectedReading> readArray(JsonParser parser, PointBuffer target)
            throws IOException, MalformedPayloadException {
        List<RejectedReading> rejected = List.of();
        int index = 0;
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken(), index++) {
            RejectedReading unfit;
            if (token == JsonToken.START_OBJECT) {
                int depth = parser.getParsingContext().getNestingDepth();
                unfit = readReading(parser, index, target);
                // The parser may stand somewhere inside the reading: go on to its end, so that the next one can be
                // read.
                while (unfit != null && parser.getParsingContext().getNestingDepth() >= depth) {
                    if (parser.nextToken() == null) {
                        break;
                    }
                }
            } else {
                parser.skipChildren();
                unfit = new RejectedReading(index, "a reading is an object");
            }
            if (unfit != null) {
                if (rejected.isEmpty()) {
                    rejected = new ArrayList<>();
                }
                rejected.add(unfit);
            }
        }
        return rejected;
    }

    /** Null if the reading was read; else the parser stands where that was found out. */
    private static @Nullable RejectedReading readReading(JsonParser parser, int index, PointBuffer target)
            throws IOException {
        try {
            new ReadingFields(parser, target, false).read();
            return null;
        } catch (UnfitReadingException e) {
            return new RejectedReading(index, String.valueOf(e.getMessage()));
        }
    }

    private JsonParser open(byte[] payload, int offset, int length) throws IOException, MalformedPayloadException {
        // Jackson would take NUL bytes for UTF-16 or UTF-32, and a mark for a hint; RFC 8259 allows UTF-8 only.
        for (int i = 0; i < Math.min(4, length); i++) {
            if (payload[offset + i] == 0 || payload[offset + i] == (byte) 0xFE || payload[offset + i] == (byte) 0xFF) {
                throw new MalformedPayloadException("not JSON: not UTF-8");
            }
        }
        return factory.createParser(payload, offset, length);
    }

    private static MalformedPayloadException malformed(IOException e) {
        String problem =
                e instanceof JacksonException json ? json.getOriginalMessage() : String.valueOf(e.getMessage());
        // What follows a colon is advice to users of the parser's API.
        problem = problem.lines().findFirst().orElse("").replaceFirst(":.*", "");
        String where = e instanceof JacksonException json && json.getLocation() != null
                ? " at byte " + json.getLocation().getByteOffset()
                : "";
        return new MalformedPayloadException("not JSON" + where + ": " + problem);
    }

    /** Reads the fields of one reading; the parser stands on its START_OBJECT, and on its END_OBJECT afterwards. */
    private static final class ReadingFields {
        private final JsonParser parser;
        private final PointBuffer target;
        private final boolean namesDevice;
        private long timeMicros = PointBuffer.NO_TIME;
        private boolean hasTime;
        private boolean hasValues;
        private @Nullable String device;

        /** The metrics that are null; null if there is none. */
        private @Nullable List<String> absent;

        ReadingFields(JsonParser parser, PointBuffer target, boolean namesDevice) {
            this.parser = parser;
            this.target = target;
            this.namesDevice = namesDevice;
        }

        void read() throws IOException, UnfitReadingException {
            target.beginReading();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                JsonToken token = parser.nextToken();
                if (field.equals("ts")) {
                    requireOnce(field, hasTime);
                    hasTime = true;
                    readTime(token);
                } else if (namesDevice && field.equals("device")) {
                    requireOnce(field, device != null);
                    if (token != JsonToken.VALUE_STRING) {
                        throw new UnfitReadingException("device: is not a string");
                    }
                    device = parser.getText();
                } else if (field.equals("values")) {
                    requireOnce(field, hasValues);
                    hasValues = true;
                    if (token == JsonToken.START_OBJECT) {
                        readNested(null);
                    } else {
                        readValue(field, token);
                    }
                } else {
                    readValue(field, token);
                }
            }
            if (target.openPoints() == 0) {
                throw new UnfitReadingException("a reading has at least one value that is not null");
            }
            requireEachMetricOnce();
            target.endReading(timeMicros);
        }

        private static void requireOnce(String field, boolean isThere) throws UnfitReadingException {
            if (isThere) {
                throw new UnfitReadingException(quoted(field) + ": is there twice");
            }
        }

        private void requireEachMetricOnce() throws UnfitReadingException {
            String repeated = target.repeatedMetric();
            if (repeated != null) {
                requireOnce(repeated, true);
            }
            if (absent != null) {
                Set<String> seen = target.openMetrics();
                for (String metric : absent) {
                    requireOnce(metric, !seen.add(metric));
                }
            }
        }

        private void readTime(JsonToken token) throws IOException, UnfitReadingException {
            try {
                switch (token) {
                    case VALUE_NULL -> timeMicros = PointBuffer.NO_TIME;
                    case VALUE_STRING, VALUE_NUMBER_FLOAT -> timeMicros = EpochMicros.parse(parser.getText());
                    case VALUE_NUMBER_INT ->
                        timeMicros = parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                                ? EpochMicros.parse(parser.getText())
                                : EpochMicros.ofEpochNumber(parser.getLongValue());
                    default -> throw new UnfitReadingException("ts: is neither a string nor a number");
                }
            } catch (IllegalArgumentException e) {
                throw new UnfitReadingException("ts: " + e.getMessage());
            }
        }

        /** @param prefix the names around the object; null for that of the values */
        private void readNested(@Nullable String prefix) throws IOException, UnfitReadingException {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                readValue(prefix == null ? field : joined(prefix, field), parser.nextToken());
            }
        }

        /**
         * The name of a field within an object. Those that are too long are refused before they are made, or a short payload
         * with many fields below a long name would make gigabytes of them.
         */
        private static String joined(String prefix, String field) throws UnfitReadingException {
            if (prefix.length() + 1 + field.length() > MetricName.MAX_BYTES) {
                throw new UnfitReadingException(
                        quoted(prefix) + ": the names of objects and of a field in them have at most "
                                + MetricName.MAX_BYTES + " bytes together");
            }
            return prefix + '.' + field;
        }

        private void readElements(String metric) throws IOException, UnfitReadingException {
            int index = 0;
            for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
                readValue(joined(metric, String.valueOf(index++)), token);
            }
        }

        private void readValue(String metric, JsonToken token) throws IOException, UnfitReadingException {
            if (token == JsonToken.START_OBJECT) {
                readNested(metric);
                return;
            }
            if (token == JsonToken.START_ARRAY) {
                readElements(metric);
                return;
            }
            if (token == JsonToken.VALUE_NULL) {
                if (absent == null) {
                    absent = new ArrayList<>();
                }
                absent.add(metric);
                return;
            }
            String stored = MetricName.stored(metric);
            if (stored == null) {
                throw new UnfitReadingException(MetricName.refusal(metric));
            }
            if (target.openPoints() == MAX_METRICS) {
                throw new UnfitReadingException("a reading has at most " + MAX_METRICS + " metrics");
            }
            switch (token) {
                case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                    double number = parser.getDoubleValue();
                    if (!Double.isFinite(number)) {
                        throw new UnfitReadingException(quoted(metric) + ": is beyond the range of a 64-bit number");
                    }
                    target.addNumber(stored, number);
                }
                case VALUE_TRUE -> target.addBool(stored, true);
                case VALUE_FALSE -> target.addBool(stored, false);
                case VALUE_STRING -> target.addText(stored, readText(metric));
                default -> throw new IllegalStateException("no value begins with " + token);
            }
        }

        private String readText(String metric) throws IOException, UnfitReadingException {
            String text = parser.getText();
            if (text.length() > Value.MAX_TEXT_BYTES
                    || text.length() > Value.MAX_TEXT_BYTES / 3
                            && text.getBytes(StandardCharsets.UTF_8).length > Value.MAX_TEXT_BYTES) {
                throw new UnfitReadingException(
                        quoted(metric) + ": a string has at most " + Value.MAX_TEXT_BYTES + " bytes");
            }
            for (int i = 0; i < text.length(); i++) {
                if (Character.isSurrogate(text.charAt(i))) {
                    int codePoint = text.codePointAt(i);
                    if (!Character.isSupplementaryCodePoint(codePoint)) {
                        throw new UnfitReadingException(quoted(metric) + ": half a surrogate pair is no text");
                    }
                    i++;
                }
            }
            return text;
        }

        private static String quoted(String metric) {
            return metric.length() <= 64 ? metric : metric.substring(0, 64) + "…";
        }
    }
}
