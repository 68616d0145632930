package io.hearth.shadow.document;

import io.hearth.model.WriteStamp;

/**
 * A write that lost against a later one of another region, neither knowing of the other.
 *
 * @param pointer which field (JSON Pointer, RFC 6901), beginning with the section: {@code /desired/color}
 * @param stamp when and where the write that lost was made
 * @param value what it wrote; {@link JsonValue.Null} for a removal
 */
public record LostWrite(String pointer, WriteStamp stamp, JsonValue value) {}
