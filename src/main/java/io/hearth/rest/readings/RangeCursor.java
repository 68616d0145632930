package io.hearth.rest.readings;

import io.hearth.model.TimeRange;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a page of readings ended: what is left of the range. It holds the range itself, so that {@code from=-24h} means
 * the same day on every page, and two fingerprints, so that it is refused for another question.
 *
 * <p>As text: base64url of version (1 byte), start and end of what is left in microseconds (8 bytes each), the question's
 * fingerprint and the range's (8 bytes each).
 *
 * @param rest what has not been answered yet
 * @param question fingerprint of device, metrics and order
 * @param rangeText fingerprint of from and to as the caller wrote them
 */
record RangeCursor(TimeRange rest, long question, long rangeText) {
    private static final byte VERSION = 1;
    private static final int BYTES = 1 + 4 * Long.BYTES;

    String encode() {
        byte[] bytes = ByteBuffer.allocate(BYTES)
                .put(VERSION)
                .putLong(rest.startMicros())
                .putLong(rest.endMicros())
                .putLong(question)
                .putLong(rangeText)
                .array();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** @throws IllegalArgumentException if {@code text} is not a cursor */
    static RangeCursor decode(String text) {
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
        if (bytes.remaining() != BYTES || bytes.get() != VERSION) {
            throw new IllegalArgumentException("not a cursor");
        }
        return new RangeCursor(new TimeRange(bytes.getLong(), bytes.getLong()), bytes.getLong(), bytes.getLong());
    }

    /** Tells lists apart, null elements included. */
    static long fingerprint(List<? extends @Nullable Object> parts) {
        StringBuilder text = new StringBuilder();
        for (Object part : parts) {
            String value = String.valueOf(part);
            text.append(part == null ? -1 : value.length()).append(':').append(value);
        }
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(digest).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
