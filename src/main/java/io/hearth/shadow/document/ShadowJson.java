package io.hearth.shadow.document;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.hearth.model.WriteStamp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** The documents that clients are sent, as UTF-8 JSON. Timestamps are epoch seconds. */
public final class ShadowJson {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final String STATE = "state";
    private static final String METADATA = "metadata";
    private static final String DELTA = "delta";

    private ShadowJson() {}

    /** What an update that was accepted is answered: what was asked for, nulls included. */
    public static byte[] accepted(ShadowUpdate update) {
        long seconds = seconds(update.stamp());
        return document(out -> {
            JsonValue state = update.request().state();
            if (state != null) {
                out.writeFieldName(STATE);
                writeSections(out, state, null);
                out.writeFieldName(METADATA);
                writeSections(out, state, update.stamp());
            }
            out.writeNumberField("version", update.current().version());
            writeEnd(out, seconds, update.request().clientToken());
        });
    }

    /** What desired has that reported lacks, after an update; null if there is no difference. */
    public static byte @Nullable [] delta(ShadowUpdate update) {
        return delta(update.current(), seconds(update.stamp()), update.request().clientToken());
    }

    /** What desired has that reported lacks; null if there is no difference. */
    public static byte @Nullable [] delta(ShadowDocument document, long seconds, @Nullable String clientToken) {
        View difference = delta(document);
        if (difference == null) {
            return null;
        }
        return document(out -> {
            out.writeNumberField("version", document.version());
            out.writeNumberField("timestamp", seconds);
            out.writeFieldName(STATE);
            writeValues(out, difference);
            out.writeFieldName(METADATA);
            writeTimes(out, difference);
            writeToken(out, clientToken);
        });
    }

    /** The whole document before and after an update. */
    public static byte[] documents(ShadowUpdate update) {
        return documents(
                update.previous(),
                update.current(),
                seconds(update.stamp()),
                update.request().clientToken());
    }

    /** The whole document before and after a change. */
    public static byte[] documents(
            ShadowDocument previous, ShadowDocument current, long seconds, @Nullable String clientToken) {
        return document(out -> {
            out.writeFieldName("previous");
            if (previous.exists()) {
                writeVersioned(out, previous);
            } else {
                out.writeNull();
            }
            out.writeFieldName("current");
            writeVersioned(out, current);
            writeEnd(out, seconds, clientToken);
        });
    }

    /** The whole document, with the delta if there is one. */
    public static byte[] whole(ShadowDocument document, long nowSeconds, @Nullable String clientToken) {
        return document(out -> {
            View difference = delta(document);
            out.writeFieldName(STATE);
            writeState(out, document, difference);
            out.writeFieldName(METADATA);
            writeMetadata(out, document);
            out.writeNumberField("version", document.version());
            writeEnd(out, nowSeconds, clientToken);
        });
    }

    /** What a deletion is answered. */
    public static byte[] deleted(ShadowDocument document, long nowSeconds, @Nullable String clientToken) {
        return document(out -> {
            out.writeNumberField("version", document.version());
            writeEnd(out, nowSeconds, clientToken);
        });
    }

    /** What a request that was refused is answered. */
    public static byte[] rejected(ShadowError error, long nowSeconds, @Nullable String clientToken) {
        return document(out -> {
            out.writeNumberField("code", error.code());
            out.writeStringField("message", error.message());
            writeEnd(out, nowSeconds, clientToken);
        });
    }

    /** A value as JSON. */
    public static byte[] value(JsonValue value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
        write(bytes, out -> writeValue(out, value));
        return bytes.toByteArray();
    }

    /** How many bytes desired and reported have as compact JSON, together. */
    static int stateBytes(ShadowDocument document) {
        Counter counter = new Counter();
        for (String section : new String[] {ShadowDocument.DESIRED, ShadowDocument.REPORTED}) {
            View view = section(document, section);
            if (view != null) {
                write(counter, out -> writeValues(out, view));
            }
        }
        return counter.bytes;
    }

    static @Nullable View section(ShadowDocument document, String name) {
        return View.of(document.root().child(name));
    }

    static @Nullable View delta(ShadowDocument document) {
        View desired = section(document, ShadowDocument.DESIRED);
        View difference = View.delta(desired, section(document, ShadowDocument.REPORTED));
        // An empty desired section asks for nothing.
        return difference instanceof View.Branch branch && branch.fields().isEmpty() ? null : difference;
    }

    private static void writeVersioned(JsonGenerator out, ShadowDocument document) throws IOException {
        out.writeStartObject();
        out.writeFieldName(STATE);
        writeState(out, document, null);
        out.writeFieldName(METADATA);
        writeMetadata(out, document);
        out.writeNumberField("version", document.version());
        out.writeEndObject();
    }

    private static void writeState(JsonGenerator out, ShadowDocument document, @Nullable View difference)
            throws IOException {
        out.writeStartObject();
        for (String name : new String[] {ShadowDocument.DESIRED, ShadowDocument.REPORTED}) {
            View view = section(document, name);
            if (view != null) {
                out.writeFieldName(name);
                writeValues(out, view);
            }
        }
        if (difference != null) {
            out.writeFieldName(DELTA);
            writeValues(out, difference);
        }
        out.writeEndObject();
    }

    private static void writeMetadata(JsonGenerator out, ShadowDocument document) throws IOException {
        out.writeStartObject();
        for (String name : new String[] {ShadowDocument.DESIRED, ShadowDocument.REPORTED}) {
            View view = section(document, name);
            if (view != null) {
                out.writeFieldName(name);
                writeTimes(out, view);
            }
        }
        out.writeEndObject();
    }

    private static void writeValues(JsonGenerator out, View view) throws IOException {
        if (view instanceof View.Leaf leaf) {
            writeValue(out, leaf.value());
        } else if (view instanceof View.Branch branch) {
            out.writeStartObject();
            for (var field : branch.fields().entrySet()) {
                out.writeFieldName(field.getKey());
                writeValues(out, field.getValue());
            }
            out.writeEndObject();
        }
    }

    private static void writeTimes(JsonGenerator out, View view) throws IOException {
        if (view instanceof View.Leaf leaf) {
            writeTimes(out, leaf.value(), seconds(leaf.stamp()));
        } else if (view instanceof View.Branch branch) {
            out.writeStartObject();
            for (var field : branch.fields().entrySet()) {
                out.writeFieldName(field.getKey());
                writeTimes(out, field.getValue());
            }
            out.writeEndObject();
        }
    }

    private static void writeValue(JsonGenerator out, JsonValue value) throws IOException {
        if (value instanceof JsonValue.Text text) {
            out.writeString(text.value());
        } else if (value instanceof JsonValue.Numeral number) {
            out.writeNumber(number.literal());
        } else if (value instanceof JsonValue.Bool bool) {
            out.writeBoolean(bool.value());
        } else if (value instanceof JsonValue.Array array) {
            out.writeStartArray();
            for (JsonValue element : array.elements()) {
                writeValue(out, element);
            }
            out.writeEndArray();
        } else if (value instanceof JsonValue.Fields object) {
            out.writeStartObject();
            for (var field : object.fields().entrySet()) {
                out.writeFieldName(field.getKey());
                writeValue(out, field.getValue());
            }
            out.writeEndObject();
        } else {
            out.writeNull();
        }
    }

    /** The shape of {@code value}, with a timestamp in place of every value. */
    private static void writeTimes(JsonGenerator out, JsonValue value, long seconds) throws IOException {
        if (value instanceof JsonValue.Array array) {
            out.writeStartArray();
            for (JsonValue element : array.elements()) {
                writeTimes(out, element, seconds);
            }
            out.writeEndArray();
        } else if (value instanceof JsonValue.Fields object) {
            out.writeStartObject();
            for (var field : object.fields().entrySet()) {
                out.writeFieldName(field.getKey());
                writeTimes(out, field.getValue(), seconds);
            }
            out.writeEndObject();
        } else {
            out.writeStartObject();
            out.writeNumberField("timestamp", seconds);
            out.writeEndObject();
        }
    }

    /** A patch as it was asked for, or, with a stamp, the metadata of it. {@code "state":null} has no metadata. */
    private static void writeSections(JsonGenerator out, JsonValue state, @Nullable WriteStamp stamp)
            throws IOException {
        if (stamp == null) {
            writeValue(out, state);
        } else if (state instanceof JsonValue.Fields) {
            writeTimes(out, state, seconds(stamp));
        } else {
            out.writeStartObject();
            out.writeEndObject();
        }
    }

    private static void writeEnd(JsonGenerator out, long seconds, @Nullable String clientToken) throws IOException {
        out.writeNumberField("timestamp", seconds);
        writeToken(out, clientToken);
    }

    private static void writeToken(JsonGenerator out, @Nullable String clientToken) throws IOException {
        if (clientToken != null) {
            out.writeStringField("clientToken", clientToken);
        }
    }

    private static long seconds(WriteStamp stamp) {
        return stamp.time().physicalMillis() / 1000;
    }

    private interface Body {
        void write(JsonGenerator out) throws IOException;
    }

    private static byte[] document(Body body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        write(bytes, out -> {
            out.writeStartObject();
            body.write(out);
            out.writeEndObject();
        });
        return bytes.toByteArray();
    }

    private static void write(OutputStream target, Body body) {
        try (JsonGenerator out = FACTORY.createGenerator(target)) {
            body.write(out);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory does not fail", e);
        }
    }

    private static final class Counter extends OutputStream {
        private int bytes;

        @Override
        public void write(int oneByte) {
            bytes++;
        }

        @Override
        public void write(byte[] source, int offset, int length) {
            bytes += length;
        }
    }
}
