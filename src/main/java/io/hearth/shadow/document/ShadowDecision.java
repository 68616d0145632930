package io.hearth.shadow.document;

import io.hearth.model.WriteStamp;

/** Decides what a request does to a shadow. Pure: nothing is stored yet. */
public final class ShadowDecision {
    private ShadowDecision() {}

    /**
     * Applies an update.
     *
     * @param stamp later than every write that {@code previous} knows
     * @throws ShadowException {@link ShadowError#VERSION_CONFLICT} or {@link ShadowError#TOO_LARGE}
     */
    public static ShadowUpdate update(ShadowDocument previous, ShadowRequest request, WriteStamp stamp, Limits limits) {
        requireVersion(previous, request);
        JsonValue patch = request.state();
        Node root = patch instanceof JsonValue.Fields ? previous.root().patched(patch, stamp) : Node.emptied(stamp);
        ShadowDocument current = previous.written(root, stamp, previous.version() + 1);
        int bytes = ShadowJson.stateBytes(current);
        // What regions merged may be larger than the limit, and must not be stuck there.
        if (bytes > limits.maxStateBytes() && bytes > ShadowJson.stateBytes(previous)) {
            throw new ShadowException(ShadowError.TOO_LARGE, request.clientToken());
        }
        return new ShadowUpdate(request, previous, current, stamp);
    }

    /**
     * Deletes a shadow that exists; the document that remains keeps the version.
     *
     * @throws ShadowException {@link ShadowError#VERSION_CONFLICT}
     */
    public static ShadowDocument deletion(ShadowDocument previous, ShadowRequest request, WriteStamp stamp) {
        requireVersion(previous, request);
        return previous.written(previous.root().patched(JsonValue.Null.NULL, stamp), stamp, previous.version());
    }

    private static void requireVersion(ShadowDocument document, ShadowRequest request) {
        Long expected = request.expectedVersion();
        if (expected == null) {
            return;
        }
        boolean holds = expected == ShadowRequest.ANY_EXISTING ? document.exists() : expected == document.version();
        if (!holds) {
            throw new ShadowException(ShadowError.VERSION_CONFLICT, request.clientToken());
        }
    }
}
