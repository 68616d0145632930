package io.hearth.rest.sync;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.rest.format.JsonRows;
import io.hearth.rest.format.TextOutput;
import io.hearth.series.item.StoredRun;
import io.hearth.series.value.Erasure;
import io.hearth.shadow.document.ShadowJson;
import io.hearth.sync.wire.SyncPage;
import io.hearth.sync.wire.SyncRecord;
import io.hearth.table.Cursor;
import io.hearth.table.Item;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Records of sync as apps read them: a JSON object a line. */
final class SyncJson {
    private static final Logger LOG = Logger.getLogger(SyncJson.class);
    private static final JsonFactory JSON = new JsonFactory();

    private SyncJson() {}

    static byte[] write(SyncPage page, long nowMillis) {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        Writer writer = new Writer(line, nowMillis);
        try {
            for (SyncRecord record : page.records()) {
                line.reset();
                try {
                    record.accept(writer);
                } catch (RuntimeException e) {
                    // Nothing is asked of the table here: the record is damaged, and must not stop the feed.
                    LOG.errorf("A record of %s cannot be read: %s", record.device(), e.toString());
                    line.reset();
                    writeUnreadable(record.device(), line);
                }
                line.write('\n');
                line.writeTo(lines);
            }
            try (JsonGenerator json = JSON.createGenerator(lines)) {
                json.writeStartObject();
                json.writeStringField("kind", "next");
                Cursor next = page.next();
                if (next != null) {
                    json.writeStringField("after", next.value());
                }
                json.writeBooleanField("more", page.more());
                json.writeEndObject();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        lines.write('\n');
        return lines.toByteArray();
    }

    private record Writer(ByteArrayOutputStream out, long nowMillis) implements SyncRecord.Visitor<IOException> {
        @Override
        public void run(SyncRecord.Run run) throws IOException {
            Item item = Item.of(run.run().key(), run.run().body());
            writeReadings(
                    new DeviceId(item.key().partitionKey()),
                    StoredRun.readings(item),
                    StoredRun.stamp(item.key()).region(),
                    out);
        }

        @Override
        public void chunk(SyncRecord.Chunk chunk) throws IOException {
            writeReadings(chunk.device(), StoredRun.readingsOfChunk(chunk.body()), null, out);
        }

        @Override
        public void device(SyncRecord.Device device) throws IOException {
            try (JsonGenerator json = JSON.createGenerator(out)) {
                json.writeStartObject();
                json.writeStringField("kind", "device");
                json.writeStringField("device", device.summary().id().value());
                json.writeStringField(
                        "firstSeen", EpochMicros.toRfc3339(device.summary().firstSeenMicros()));
                json.writeArrayFieldStart("metrics");
                for (String metric : device.summary().metrics()) {
                    json.writeString(metric);
                }
                json.writeEndArray();
                json.writeEndObject();
            }
        }

        @Override
        public void erased(SyncRecord.Erased erased) throws IOException {
            writeErasure(erased.erasure(), out);
        }

        @Override
        public void shadow(SyncRecord.Shadow shadow) throws IOException {
            try (JsonGenerator json = JSON.createGenerator(out)) {
                json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
                json.writeStartObject();
                json.writeStringField("kind", "shadow");
                json.writeStringField("device", shadow.id().thing().value());
                if (!shadow.id().isClassic()) {
                    json.writeStringField("name", shadow.id().name());
                }
                json.writeFieldName("shadow");
                if (shadow.document().exists()) {
                    byte[] whole = ShadowJson.whole(shadow.document(), nowMillis / 1000, null);
                    json.writeRawValue(new String(whole, StandardCharsets.UTF_8));
                } else {
                    json.writeNull();
                }
                json.writeEndObject();
            }
        }
    }

    private static void writeUnreadable(DeviceId device, ByteArrayOutputStream out) throws IOException {
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("kind", "unreadable");
            json.writeStringField("device", device.value());
            json.writeEndObject();
        }
    }

    private static void writeReadings(
            DeviceId device, ReadingBlock block, @Nullable RegionId region, ByteArrayOutputStream out)
            throws IOException {
        TextOutput text = new TextOutput(out);
        text.ascii("{\"kind\":\"readings\",");
        if (region != null) {
            text.ascii("\"region\":\"" + region + "\",");
        }
        text.flush();
        ByteArrayOutputStream event = new ByteArrayOutputStream();
        TextOutput inner = new TextOutput(event);
        JsonRows.event(device, block, inner);
        inner.flush();
        byte[] object = event.toByteArray();
        out.write(object, 1, object.length - 1);
    }

    private static void writeErasure(Erasure erasure, ByteArrayOutputStream out) throws IOException {
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("kind", "erasure");
            json.writeStringField("device", erasure.device().value());
            json.writeBooleanField("wholeDevice", erasure.wholeDevice());
            TimeRange range = erasure.range();
            if (!erasure.wholeDevice()) {
                json.writeStringField("from", EpochMicros.toRfc3339(range.startMicros()));
                json.writeStringField("to", EpochMicros.toRfc3339(range.endMicros()));
            }
            json.writeStringField(
                    "at", EpochMicros.toRfc3339(erasure.stamp().time().physicalMillis() * 1000));
            json.writeStringField("region", erasure.stamp().region().value());
            json.writeEndObject();
        }
    }
}
