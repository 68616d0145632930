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
import io.hearth.model.PointBuffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
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
            String device = fields.device();
            if (device == null) {
                throw new MalformedPayloadException("device: is missing");
            }
            return device;
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
            long micros = part.timeMicros();
            if (EpochMicros.ofEpochNumber(micros) == micros) {
                generator.writeNumberField("ts", micros);
            } else {
                // So near to 1970 it would be read in another unit.
                generator.writeStringField("ts", EpochMicros.toRfc3339(micros));
            }
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
            } else if (token.isNumeric()) {
                // As it was written: no number type takes any exponent.
                generator.writeNumber(parser.getText());
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
            return fields.refusedValues() == null
                    ? null
                    : new RejectedReading(index, fields.refusal(), fields.refusedValues());
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
}
