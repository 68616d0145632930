package io.hearth.codec;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
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
 * stored, or with a field or a metric that it has twice, is rejected alone. Who has sent it and can send it again is better
 * served by that ({@link #decode}) than who cannot ({@link #decodeMost}).
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
        return decode(payload, target, false);
    }

    /**
     * As {@link #decode}, but of a reading with values that cannot be stored, or with more than a reading may have, the other
     * values are appended. Then the reading is in {@code target}, and among those returned, with the places of what was left out.
     */
    public List<RejectedReading> decodeMost(byte[] payload, PointBuffer target) throws MalformedPayloadException {
        return decode(payload, target, true);
    }

    private List<RejectedReading> decode(byte[] payload, PointBuffer target, boolean keepsRest)
            throws MalformedPayloadException {
        int before = target.size();
        try (JsonParser parser = open(payload, 0, payload.length)) {
            JsonToken first = parser.nextToken();
            List<RejectedReading> rejected;
            if (first == JsonToken.START_OBJECT) {
                RejectedReading unfit = readReading(parser, 0, target, keepsRest);
                if (unfit != null && unfit.isWhole()) {
                    return List.of(unfit); // what is behind it, as much as a payload may hold, cannot make it fit
                }
                rejected = unfit == null ? List.of() : List.of(unfit);
            } else if (first == JsonToken.START_ARRAY) {
                rejected = readArray(parser, target, keepsRest);
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
            ReadingFields fields = new ReadingFields(parser, target, true, false);
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
     * A payload with only what was not stored of one that {@link #decode} or {@link #decodeMost} took. A reading that was
     * refused as a whole is byte by byte as it was. One whose other values were stored has {@code null} in their places, and the
     * time with which they are stored: read again, the payload adds to the reading and changes nothing of it.
     *
     * @param parts what to keep, by index ascending; not empty
     */
    public byte[] select(byte[] payload, List<Part> parts) {
        ByteArrayOutputStream selected = new ByteArrayOutputStream(payload.length);
        try (JsonParser parser = open(payload, 0, payload.length)) {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                Part part = parts.get(0);
                if (part.values() == null) {
                    return payload; // nobody has read it to its end
                }
                select(payload, parser, part, selected);
                return selected.toByteArray();
            }
            selected.write('[');
            int index = 0;
            for (Part part : parts) {
                for (parser.nextToken(); index < part.index(); index++) {
                    parser.skipChildren();
                    parser.nextToken();
                }
                index++;
                if (selected.size() > 1) {
                    selected.write(',');
                }
                select(payload, parser, part, selected);
            }
            selected.write(']');
            return selected.toByteArray();
        } catch (IOException | MalformedPayloadException e) {
            throw new IllegalArgumentException("the payload was not decoded before", e);
        }
    }

    /** A reading of a payload that {@link #select} keeps: as a whole, or some of its values and a time. */
    public record Part(int index, @Nullable BitSet values, long timeMicros) {
        /** All of a reading. */
        public Part(int index) {
            this(index, null, PointBuffer.NO_TIME);
        }
    }

    /** Adds the reading on which the parser stands, or a part of it; the parser stands on its end afterwards. */
    private void select(byte[] payload, JsonParser parser, Part part, ByteArrayOutputStream selected)
            throws IOException {
        BitSet values = part.values();
        if (values == null) {
            int start = (int) parser.currentTokenLocation().getByteOffset();
            parser.skipChildren();
            parser.finishToken();
            int end = (int) parser.currentLocation().getByteOffset();
            selected.write(payload, start, end - start);
            return;
        }
        try (JsonGenerator generator = factory.createGenerator(selected)) {
            generator.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            // Half a surrogate pair, which is one of the reasons for a refusal, can be written as an escape only.
            generator.enable(JsonWriteFeature.ESCAPE_NON_ASCII.mappedFeature());
            generator.writeStartObject();
            generator.writeNumberField("ts", part.timeMicros());
            selectValues(parser, values, generator);
        }
    }

    private static void selectValues(JsonParser parser, BitSet values, JsonGenerator generator) throws IOException {
        int place = 0;
        int depth = 1;
        while (depth > 0) {
            JsonToken token = parser.nextToken();
            if (depth == 1
                    && token == JsonToken.FIELD_NAME
                    && parser.currentName().equals("ts")) {
                parser.nextToken();
                place++;
                continue;
            }
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            if (token.isScalarValue() && !values.get(place++)) {
                generator.writeNull();
            } else {
                generator.copyCurrentEventExact(parser);
            }
        }
    }

    private static List<RejectedReading> readArray(JsonParser parser, PointBuffer target, boolean keepsRest)
            throws IOException, MalformedPayloadException {
        List<RejectedReading> rejected = List.of();
        int index = 0;
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken(), index++) {
            RejectedReading unfit;
            if (token == JsonToken.START_OBJECT) {
                int depth = parser.getParsingContext().getNestingDepth();
                unfit = readReading(parser, index, target, keepsRest);
                // The parser may stand somewhere inside the reading: go on to its end, so that the next one can be
                // read.
                while (unfit != null
                        && unfit.isWhole()
                        && parser.getParsingContext().getNestingDepth() >= depth) {
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

    /** Null if the reading was read; if it is refused as a whole, the parser stands where that was found out. */
    private static @Nullable RejectedReading readReading(
            JsonParser parser, int index, PointBuffer target, boolean keepsRest) throws IOException {
        try {
            ReadingFields fields = new ReadingFields(parser, target, false, keepsRest);
            fields.read();
            return fields.refusedValues == null
                    ? null
                    : new RejectedReading(index, fields.refusal(), fields.refusedValues);
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
        private final boolean keepsRest;
        private long timeMicros = PointBuffer.NO_TIME;
        private boolean hasTime;
        private boolean hasValues;
        private @Nullable String device;

        /** The metrics that are null; null if there is none. */
        private @Nullable List<String> absent;

        /** How many values there were, {@code ts} and null among them. */
        private int values;
        /** The places among the values of those that cannot be stored; null if there is none. */
        private @Nullable BitSet refusedValues;

        private String firstRefusal = "";
        /** What the points take once there are more than always fit. */
        private long openBytes;

        /** @param keepsRest whether a value that cannot be stored is left out, instead of the reading */
        ReadingFields(JsonParser parser, PointBuffer target, boolean namesDevice, boolean keepsRest) {
            this.parser = parser;
            this.target = target;
            this.namesDevice = namesDevice;
            this.keepsRest = keepsRest;
        }

        /** What is wrong with the values that cannot be stored. */
        String refusal() {
            int more = refusedValues == null ? 0 : refusedValues.cardinality() - 1;
            return more <= 0 ? firstRefusal : firstRefusal + " (and " + more + " more values of this reading)";
        }

        void read() throws IOException, UnfitReadingException {
            target.beginReading();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                JsonToken token = parser.nextToken();
                if (field.equals("ts")) {
                    requireOnce(field, hasTime);
                    hasTime = true;
                    values++;
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
                throw new UnfitReadingException(
                        refusedValues != null ? refusal() : "a reading has at least one value that is not null");
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
                JsonToken token = parser.nextToken();
                if (prefix == null) {
                    readValue(field, token);
                } else {
                    readInner(prefix, field, token);
                }
            }
        }

        private void readElements(String metric) throws IOException, UnfitReadingException {
            int index = 0;
            for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
                readInner(metric, String.valueOf(index++), token);
            }
        }

        /**
         * Reads a value within an object or an array. Names that are too long are refused before they are made, or a short
         * payload with many fields below a long name would make gigabytes of them.
         */
        private void readInner(String prefix, String field, JsonToken token) throws IOException, UnfitReadingException {
            if (prefix.length() + 1 + field.length() <= MetricName.MAX_BYTES) {
                readValue(prefix + '.' + field, token);
                return;
            }
            String detail = quoted(prefix) + ": the names of objects and of a field in them have at most "
                    + MetricName.MAX_BYTES + " bytes together";
            if (!keepsRest) {
                throw new UnfitReadingException(detail);
            }
            int depth = 0;
            for (JsonToken next = token; ; next = parser.nextToken()) {
                depth += next.isStructStart() ? 1 : next.isStructEnd() ? -1 : 0;
                if (next.isScalarValue()) {
                    refuse(values++, detail);
                }
                if (depth == 0) {
                    return;
                }
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
            int place = values++;
            if (token == JsonToken.VALUE_NULL) {
                if (absent == null) {
                    absent = new ArrayList<>();
                }
                absent.add(metric);
                return;
            }
            if (!keepsRest) {
                addValue(metric, token);
                return;
            }
            try {
                addValue(metric, token);
            } catch (UnfitReadingException e) {
                refuse(place, String.valueOf(e.getMessage()));
                return;
            }
            if (!hasRoomForLast()) {
                refuse(
                        place,
                        "the reading's names and texts have more than " + PointBuffer.MAX_READING_BYTES + " bytes");
            }
        }

        private void refuse(int place, String detail) {
            if (refusedValues == null) {
                refusedValues = new BitSet();
                firstRefusal = detail;
            }
            refusedValues.set(place);
        }

        /** Takes the last point back if the reading would be too large with it. */
        private boolean hasRoomForLast() {
            int points = target.openPoints();
            if (points <= PointBuffer.POINTS_THAT_ALWAYS_FIT) {
                if (points == PointBuffer.POINTS_THAT_ALWAYS_FIT) {
                    openBytes = target.openBytes();
                }
                return true;
            }
            long bytes = target.addedBytes(openBytes);
            openBytes = bytes < 0 ? openBytes : bytes;
            return bytes >= 0;
        }

        private void addValue(String metric, JsonToken token) throws IOException, UnfitReadingException {
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
