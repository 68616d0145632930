package io.hearth.rest.readings;

import io.hearth.model.DeviceId;
import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Where a page of devices ended, as opaque text: base64url of a version and the last device's id. */
final class DeviceCursor {
    private static final char VERSION = '1';

    private DeviceCursor() {}

    static String encode(DeviceId last) {
        byte[] bytes = (VERSION + last.value()).getBytes(StandardCharsets.US_ASCII);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** @throws ProblemException if {@code text} is not a cursor */
    static DeviceId decode(String text) {
        try {
            String decoded = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.ISO_8859_1);
            if (!decoded.isEmpty() && decoded.charAt(0) == VERSION) {
                return new DeviceId(decoded.substring(1));
            }
        } catch (IllegalArgumentException notBase64OrNoId) {
            // Answered below.
        }
        throw ProblemException.invalid(new FieldError("cursor", "is not a cursor of this list"));
    }
}
