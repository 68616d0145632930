package io.hearth.shadow.document;

/**
 * What a refused request is told.
 *
 * @param code an HTTP status
 * @param message the text that the contract gives it, as AWS words it
 */
public record ShadowError(int code, String message) {
    public static final ShadowError INVALID_JSON = new ShadowError(400, "Invalid JSON");
    public static final ShadowError MISSING_STATE = new ShadowError(400, "Missing required node: state");
    public static final ShadowError STATE_NOT_OBJECT = new ShadowError(400, "State node must be an object");
    public static final ShadowError DESIRED_NOT_OBJECT = new ShadowError(400, "Desired node must be an object");
    public static final ShadowError REPORTED_NOT_OBJECT = new ShadowError(400, "Reported node must be an object");
    public static final ShadowError INVALID_VERSION = new ShadowError(400, "Invalid version");
    public static final ShadowError INVALID_CLIENT_TOKEN = new ShadowError(400, "Invalid clientToken");
    public static final ShadowError INVALID_NODE = new ShadowError(400, "State contains an invalid node");
    public static final ShadowError UNAUTHORIZED = new ShadowError(401, "Unauthorized");
    public static final ShadowError FORBIDDEN = new ShadowError(403, "Forbidden");
    public static final ShadowError THING_NOT_FOUND = new ShadowError(404, "Thing not found");
    public static final ShadowError VERSION_CONFLICT = new ShadowError(409, "Version conflict");
    public static final ShadowError TOO_LARGE = new ShadowError(413, "The payload exceeds the maximum size allowed");
    public static final ShadowError NOT_UTF_8 =
            new ShadowError(415, "Unsupported documented encoding; supported encoding is UTF-8");
    public static final ShadowError TOO_MANY_REQUESTS =
            new ShadowError(429, "More than 10 requests in flight for this thing");
    public static final ShadowError INTERNAL = new ShadowError(500, "Internal service failure");

    static ShadowError tooDeep(int maxLevels) {
        return new ShadowError(400, "JSON contains too many levels of nesting; maximum is " + maxLevels);
    }

    /** There is no such shadow; the classic one goes by the name of its thing. */
    public static ShadowError noShadow(ShadowId id) {
        return noShadow(id.isClassic() ? id.thing().value() : id.name());
    }

    /** There is no shadow of this name, and maybe there cannot be one. */
    public static ShadowError noShadow(String name) {
        return new ShadowError(404, "No shadow exists with name: " + name);
    }
}
