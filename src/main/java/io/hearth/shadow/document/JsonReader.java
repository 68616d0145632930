package io.hearth.shadow.document;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON strictly: UTF-8 only, one document, no name twice in an object, no lone surrogate (which UTF-8 cannot carry
 * back).
 */
final class JsonReader {
    /** Deeper documents are not even parsed; far more than any limit of a shadow, so that the parsing finds their token. */
    static final int MAX_PARSED_LEVELS = 128;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_PARSED_LEVELS + 1)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .build())
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .build();

    private JsonReader() {}

    /**
     * The one value that {@code payload} holds.
     *
     * @param maxLevels to name in the refusal of a document with more than {@link #MAX_PARSED_LEVELS}
     * @throws ShadowException {@link ShadowError#NOT_UTF_8}, {@link ShadowError#INVALID_JSON}, or too many levels
     */
    static JsonValue read(byte[] payload, int maxLevels) {
        try (JsonParser parser = FACTORY.createParser(decode(payload))) {
            if (parser.nextToken() == null) {
                throw refused(ShadowError.INVALID_JSON);
            }
            JsonValue value = read(parser, 1, maxLevels);
            if (parser.nextToken() != null) {
                throw refused(ShadowError.INVALID_JSON);
            }
            return value;
        } catch (IOException e) {
            throw refused(ShadowError.INVALID_JSON);
        }
    }

    private static String decode(byte[] payload) {
        boolean marked = payload.length >= 3
                && payload[0] == (byte) 0xEF
                && payload[1] == (byte) 0xBB
                && payload[2] == (byte) 0xBF;
        int start = marked ? 3 : 0;
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(payload, start, payload.length - start))
                    .toString();
        } catch (CharacterCodingException e) {
            throw refused(ShadowError.NOT_UTF_8);
        }
    }

    private static JsonValue read(JsonParser parser, int level, int maxLevels) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> readFields(parser, level, maxLevels);
            case START_ARRAY -> readArray(parser, level, maxLevels);
            case VALUE_STRING -> new JsonValue.Text(sound(parser.getText()));
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new JsonValue.Numeral(parser.getText());
            case VALUE_TRUE -> new JsonValue.Bool(true);
            case VALUE_FALSE -> new JsonValue.Bool(false);
            case VALUE_NULL -> JsonValue.Null.NULL;
            default -> throw refused(ShadowError.INVALID_JSON);
        };
    }

    private static JsonValue readFields(JsonParser parser, int level, int maxLevels) throws IOException {
        requireLevel(level, maxLevels);
        TreeMap<String, JsonValue> fields = new TreeMap<>();
        @Nullable String name;
        while ((name = parser.nextFieldName()) != null) {
            parser.nextToken();
            JsonValue value = read(parser, level + 1, maxLevels);
            if (fields.put(sound(name), value) != null) {
                throw refused(ShadowError.INVALID_JSON);
            }
        }
        return new JsonValue.Fields(fields);
    }

    private static JsonValue readArray(JsonParser parser, int level, int maxLevels) throws IOException {
        requireLevel(level, maxLevels);
        List<JsonValue> elements = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            elements.add(read(parser, level + 1, maxLevels));
        }
        return new JsonValue.Array(elements);
    }

    private static void requireLevel(int level, int maxLevels) {
        if (level > MAX_PARSED_LEVELS) {
            throw refused(ShadowError.tooDeep(maxLevels));
        }
    }

    private static String sound(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                boolean paired = Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1));
                if (!paired) {
                    throw refused(ShadowError.INVALID_JSON);
                }
                i++;
            }
        }
        return text;
    }

    private static ShadowException refused(ShadowError error) {
        return new ShadowException(error, null);
    }
}
