package io.hearth.shadow.document;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks of a shadow, checked.
 *
 * @param state the patch of the state: an object of sections, or {@code null} to clear both; null in a request that is no
 *     update
 * @param expectedVersion the version that the shadow must have; {@link #ANY_EXISTING} if any will do but it must exist; null if any will
 *     do
 * @param clientToken comes back with every answer
 */
public record ShadowRequest(
        @Nullable JsonValue state,
        @Nullable Long expectedVersion,
        @Nullable String clientToken) {
    /** Asks for nothing in particular: any version will do, and no token comes back. */
    public static final ShadowRequest BARE = new ShadowRequest(null, null, null);

    /** The expected version of a shadow that must exist. */
    public static final long ANY_EXISTING = -1;

    private static final int MAX_TOKEN_BYTES = 64;

    /** Reads the body of an update. @throws ShadowException with the error that the contract has for it */
    public static ShadowRequest update(byte[] body, Limits limits) {
        JsonValue.Fields document = document(body, limits);
        String token = token(document);
        JsonValue state = document.fields().get("state");
        if (state == null) {
            throw new ShadowException(ShadowError.MISSING_STATE, token);
        }
        if (state != JsonValue.Null.NULL) {
            checkState(state, limits, token);
        }
        return new ShadowRequest(state, version(document, token), token);
    }

    /**
     * Reads a patch of the state alone, without what surrounds it in an update.
     *
     * @throws ShadowException with the error that the contract has for it
     */
    public static ShadowRequest patch(byte[] body, @Nullable Long expectedVersion, Limits limits) {
        JsonValue state = json(body, limits);
        checkState(state, limits, null);
        return new ShadowRequest(state, expectedVersion, null);
    }

    /** Reads the body of a get or a delete, which may be empty. @throws ShadowException with the error that the contract has for it */
    public static ShadowRequest bare(byte[] body, Limits limits) {
        if (body.length == 0) {
            return BARE;
        }
        JsonValue.Fields document = document(body, limits);
        String token = token(document);
        return new ShadowRequest(null, version(document, token), token);
    }

    private static JsonValue.Fields document(byte[] body, Limits limits) {
        if (json(body, limits) instanceof JsonValue.Fields document) {
            return document;
        }
        throw new ShadowException(ShadowError.INVALID_JSON, null);
    }

    private static JsonValue json(byte[] body, Limits limits) {
        if (body.length > Limits.MAX_REQUEST_BYTES) {
            throw new ShadowException(ShadowError.TOO_LARGE, null);
        }
        return JsonReader.read(body, limits.maxLevels());
    }

    private static @Nullable String token(JsonValue.Fields document) {
        JsonValue token = document.fields().get("clientToken");
        if (token == null) {
            return null;
        }
        if (token instanceof JsonValue.Text text
                && text.value().getBytes(StandardCharsets.UTF_8).length <= MAX_TOKEN_BYTES) {
            return text.value();
        }
        throw new ShadowException(ShadowError.INVALID_CLIENT_TOKEN, null);
    }

    private static @Nullable Long version(JsonValue.Fields document, @Nullable String token) {
        JsonValue version = document.fields().get("version");
        if (version == null) {
            return null;
        }
        try {
            if (version instanceof JsonValue.Numeral number) {
                long value = Long.parseLong(number.literal());
                if (value >= 0) {
                    return value;
                }
            }
        } catch (NumberFormatException notWhole) {
            // Told below, as for any other value that is no version.
        }
        throw new ShadowException(ShadowError.INVALID_VERSION, token);
    }

    private static void checkState(JsonValue state, Limits limits, @Nullable String token) {
        if (!(state instanceof JsonValue.Fields sections)) {
            throw new ShadowException(ShadowError.STATE_NOT_OBJECT, token);
        }
        sections.fields().forEach((name, section) -> {
            ShadowError noObject = switch (name) {
                case ShadowDocument.DESIRED -> ShadowError.DESIRED_NOT_OBJECT;
                case ShadowDocument.REPORTED -> ShadowError.REPORTED_NOT_OBJECT;
                default -> throw new ShadowException(ShadowError.INVALID_NODE, token);
            };
            if (section instanceof JsonValue.Fields) {
                check(section, 1, false, limits, token);
            } else if (section != JsonValue.Null.NULL) {
                throw new ShadowException(noObject, token);
            }
        });
    }

    private static void check(JsonValue value, int level, boolean inArray, Limits limits, @Nullable String token) {
        boolean container = value instanceof JsonValue.Fields || value instanceof JsonValue.Array;
        if (container && level > limits.maxLevels()) {
            throw new ShadowException(ShadowError.tooDeep(limits.maxLevels()), token);
        }
        if (value instanceof JsonValue.Fields object) {
            object.fields().values().forEach(field -> check(field, level + 1, inArray, limits, token));
        } else if (value instanceof JsonValue.Array array) {
            array.elements().forEach(element -> check(element, level + 1, true, limits, token));
        } else if ((inArray && value == JsonValue.Null.NULL)
                || (value instanceof JsonValue.Numeral number && number.isUnrepresentable())) {
            throw new ShadowException(ShadowError.INVALID_NODE, token);
        }
    }
}
