package io.hearth.rest.format;

import io.hearth.model.Column;
import io.hearth.model.Value;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** The pieces that all JSON answers share. */
public final class JsonValues {
    private JsonValues() {}

    /** The value of reading {@code index}, which must have one. */
    static void write(Column column, int index, TextOutput out) throws IOException {
        switch (column.kindAt(index)) {
            case Column.NUMBER -> out.number(column.numbers()[index]);
            case Column.BOOL -> out.ascii(column.numbers()[index] != 0 ? "true" : "false");
            case Column.TEXT -> out.jsonString(column.textAt(index));
            default -> throw new IllegalArgumentException(column.metric() + " has no value at " + index);
        }
    }

    public static void write(Value value, TextOutput out) throws IOException {
        if (value instanceof Value.Num number) {
            out.number(number.number());
        } else if (value instanceof Value.Bool bool) {
            out.ascii(bool.bool() ? "true" : "false");
        } else if (value instanceof Value.Text text) {
            out.jsonString(text.text());
        }
    }

    /** {@code ,"nextCursor":…}} and the end of the document. */
    public static void endWithCursor(@Nullable String nextCursor, TextOutput out) throws IOException {
        out.ascii(",\"nextCursor\":");
        if (nextCursor == null) {
            out.ascii("null");
        } else {
            out.jsonString(nextCursor);
        }
        out.ascii('}');
    }

    /** {@code "name":} as bytes. */
    static byte[] keyOf(String name) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            TextOutput key = new TextOutput(bytes);
            key.jsonString(name);
            key.ascii(':');
            key.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
