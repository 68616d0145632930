package io.hearth.codec;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.hearth.model.EpochMicros;
import io.hearth.model.MetricName;
import io.hearth.model.PointBuffer;
import io.hearth.model.Value;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the fields of one reading; the parser stands on its START_OBJECT, and on its END_OBJECT afterwards. */
final class ReadingFields {
    private final JsonParser parser;
    private final PointBuffer target;
    private final boolean namesDevice;
    private final boolean keepsRest;
    private long timeMicros = PointBuffer.NO_TIME;
    private boolean hasTime;
    private boolean hasValues;
    private @Nullable String device;

    /** The metrics that are there and have no value to store; null if there is none. */
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

    /** The places of the values that cannot be stored; null if there is none. */
    @Nullable
    BitSet refusedValues() {
        return refusedValues;
    }

    /** The device that the reading names; null if it names none. */
    @Nullable
    String device() {
        return device;
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
            noteAbsent(metric);
            return;
        }
        if (!keepsRest) {
            addValue(metric, token);
            return;
        }
        try {
            addValue(metric, token);
        } catch (UnfitReadingException e) {
            noteAbsent(metric);
            refuse(place, String.valueOf(e.getMessage()));
            return;
        }
        if (!hasRoomForLast()) {
            noteAbsent(metric);
            refuse(place, PointBuffer.TOO_LARGE);
        }
    }

    private void noteAbsent(String metric) {
        if (absent == null) {
            absent = new ArrayList<>();
        }
        absent.add(metric);
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
        if (target.openPoints() == JsonReadings.MAX_METRICS) {
            throw new UnfitReadingException("a reading has at most " + JsonReadings.MAX_METRICS + " metrics");
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
