package io.hearth.sync.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.value.DeviceSummary;
import io.hearth.series.value.Erasure;
import io.hearth.series.value.RemoteRun;
import io.hearth.shadow.document.DocumentFormat;
import io.hearth.shadow.document.ShadowId;
import io.hearth.table.Bytes;
import io.hearth.table.Cursor;
import io.hearth.table.Key;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.zip.CRC32C;

/*
 * Records as lines of JSON, for peers. Every line has a kind and a version; who knows neither keeps the line and goes on.
 * Fields that a build does not know are no reason to refuse a line. The last line of a page is "next"; a page without it
 * was broken off. RecordLinesTest pins the form.
 *
 *   {"v":1,"kind":"runs","count":2,"crc":…,"data":"base64"}   data, for each run: text partition key, varint length and sort
 *                                                             key, varint length and body; crc is CRC32C of the data
 *   {"v":1,"kind":"chunk","device":"d","crc":…,"data":"base64"}
 *   {"v":1,"kind":"device","device":"d","firstSeen":µs,"metrics":["t"],"regions":["a"]}
 *   {"v":1,"kind":"erasure","device":"d","from":µs,"to":µs,"whole":false,"time":hybrid time,"region":"a"}
 *   {"v":1,"kind":"shadow","thing":"d","name":"","data":"base64"}
 *   {"v":1,"kind":"next","after":"place","more":true,"behind":7,"clock":ms}    after is missing at the end of a segment
 */

/** Writes and reads the lines of pages that peers exchange. */
public final class RecordLines {
    private static final int VERSION = 1;
    private static final int MOST_RUNS_PER_LINE = 4096;
    private static final int LINE_BYTES = 1 << 20;

    /** Records of a page and lines that are put aside, far beyond what a page is cut at: each takes memory, however short it is. */
    public static final int MAX_RECORDS = 300_000;

    /** Of the JSON of a line, far beyond the names of a device's metrics. */
    private static final long MAX_TOKENS = 200_000;

    /** The year 9999, in epoch milliseconds. */
    private static final long MAX_CLOCK_MILLIS = 253_402_300_799_999L;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(64 << 20)
                    .maxTokenCount(MAX_TOKENS)
                    .build())
            .build();
    private static final ObjectMapper MAPPER = new ObjectMapper(JSON);

    private RecordLines() {}

    /** A page as its lines. */
    public static byte[] write(SyncPage page, long clockMillis) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(64 << 10);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.setPrettyPrinter(null);
            List<SyncRecord> records = page.records();
            LineWriter writer = new LineWriter(json);
            int at = 0;
            while (at < records.size()) {
                SyncRecord record = records.get(at);
                if (record instanceof SyncRecord.Run) {
                    at = writeRuns(records, at, json);
                } else {
                    record.accept(writer);
                    at++;
                }
            }
            begin("next", json);
            Cursor next = page.next();
            if (next != null) {
                json.writeStringField("after", next.value());
            }
            json.writeBooleanField("more", page.more());
            json.writeNumberField("behind", page.behind());
            json.writeNumberField("clock", clockMillis);
            end(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static int writeRuns(List<? extends SyncRecord> records, int from, JsonGenerator json) throws IOException {
        ByteWriter data = new ByteWriter(LINE_BYTES + 4096);
        int at = from;
        while (at < records.size()
                && at - from < MOST_RUNS_PER_LINE
                && data.length() < LINE_BYTES
                && records.get(at) instanceof SyncRecord.Run run) {
            Key key = run.run().key();
            data.writeText(key.partitionKey());
            data.writeVarint(key.sortKey().length());
            data.writeBytes(key.sortKey().array());
            data.writeVarint(run.run().body().length());
            data.writeBytes(run.run().body().array());
            at++;
        }
        writeRuns(data.toByteArray(), at - from, json);
        return at;
    }

    private static void writeRuns(byte[] data, int count, JsonGenerator json) throws IOException {
        begin("runs", json);
        json.writeNumberField("count", count);
        writeData(data, json);
        end(json);
    }

    /** The line of one record. */
    public static String line(SyncRecord record) {
        return line(json -> record.accept(new LineWriter(json)));
    }

    /** The line of runs that are written already. */
    public static String runsLine(byte[] data, int count) {
        return line(json -> writeRuns(data, count, json));
    }

    private interface Writing {
        void write(JsonGenerator json) throws IOException;
    }

    private static String line(Writing writing) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.setPrettyPrinter(null);
            writing.write(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString(StandardCharsets.UTF_8).stripTrailing();
    }

    /** Writes each record as a line of its own. */
    private record LineWriter(JsonGenerator json) implements SyncRecord.Visitor<IOException> {
        @Override
        public void run(SyncRecord.Run run) throws IOException {
            int unused = writeRuns(List.of(run), 0, json);
        }

        @Override
        public void chunk(SyncRecord.Chunk chunk) throws IOException {
            begin("chunk", json);
            json.writeStringField("device", chunk.device().value());
            writeData(chunk.body().array(), json);
            end(json);
        }

        @Override
        public void device(SyncRecord.Device device) throws IOException {
            DeviceSummary summary = device.summary();
            begin("device", json);
            json.writeStringField("device", summary.id().value());
            json.writeNumberField("firstSeen", summary.firstSeenMicros());
            json.writeArrayFieldStart("metrics");
            for (String metric : summary.metrics()) {
                json.writeString(metric);
            }
            json.writeEndArray();
            json.writeArrayFieldStart("regions");
            for (RegionId region : summary.regions()) {
                json.writeString(region.value());
            }
            json.writeEndArray();
            end(json);
        }

        @Override
        public void erased(SyncRecord.Erased erased) throws IOException {
            Erasure erasure = erased.erasure();
            begin("erasure", json);
            json.writeStringField("device", erasure.device().value());
            json.writeNumberField("from", erasure.range().startMicros());
            json.writeNumberField("to", erasure.range().endMicros());
            json.writeBooleanField("whole", erasure.wholeDevice());
            json.writeNumberField("time", erasure.stamp().time().packed());
            json.writeStringField("region", erasure.stamp().region().value());
            end(json);
        }

        @Override
        public void shadow(SyncRecord.Shadow shadow) throws IOException {
            begin("shadow", json);
            json.writeStringField("thing", shadow.id().thing().value());
            json.writeStringField("name", shadow.id().name());
            writeData(DocumentFormat.encode(shadow.document()), json);
            end(json);
        }
    }

    private static void begin(String kind, JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeNumberField("v", VERSION);
        json.writeStringField("kind", kind);
    }

    private static void end(JsonGenerator json) throws IOException {
        json.writeEndObject();
        json.writeRaw('\n');
    }

    private static void writeData(byte[] data, JsonGenerator json) throws IOException {
        json.writeNumberField("crc", crcOf(data));
        json.writeBinaryField("data", data);
    }

    private static long crcOf(byte[] data) {
        CRC32C crc = new CRC32C();
        crc.update(data, 0, data.length);
        return crc.getValue();
    }

    /**
     * Reads a page.
     *
     * @throws IOException it is broken off or was damaged on its way; nothing of it may be used
     */
    public static PeerPage read(InputStream in) throws IOException {
        List<SyncRecord> records = new ArrayList<>();
        List<PutAside> aside = new ArrayList<>();
        ByteLines lines = new ByteLines(in);
        for (byte[] line = lines.next(); line != null; line = lines.next()) {
            JsonNode json;
            try {
                json = MAPPER.readTree(line);
            } catch (JsonProcessingException e) {
                throw new IOException("a line of the page is not JSON", e);
            }
            if (isKnown(json) && json.path("kind").asText().equals("next")) {
                return end(json, records, aside, lines.bytes());
            }
            String kind = json.path("kind").asText();
            int before = records.size();
            try {
                if (!isKnown(json) || !decode(json, records, aside)) {
                    String why =
                            "kind '" + kind + "' of version " + json.path("v").asText();
                    aside.add(new PutAside(text(line), PutAside.Reason.LATER_VERSION, why));
                }
            } catch (RuntimeException e) {
                // It arrived as it was sent, so it would be no better the next time.
                records.subList(before, records.size()).clear();
                PutAside.Reason reason = e instanceof UnsupportedFormatException
                        ? PutAside.Reason.LATER_VERSION
                        : PutAside.Reason.UNREADABLE;
                aside.add(new PutAside(text(line), reason, "kind '" + kind + "': " + e.getMessage()));
            }
            requireFew(records, aside);
        }
        throw new IOException("the page was broken off");
    }

    private static PeerPage end(JsonNode json, List<SyncRecord> records, List<PutAside> aside, long bytes)
            throws IOException {
        JsonNode after = json.get("after");
        String next = after == null || after.isNull() ? null : after.asText();
        if (next != null && next.length() > PeerTransport.MAX_PLACE_LENGTH) {
            throw new IOException("the place to go on from has " + next.length() + " characters, of at most "
                    + PeerTransport.MAX_PLACE_LENGTH);
        }
        long clockMillis = json.path("clock").asLong();
        if (clockMillis < 0 || clockMillis > MAX_CLOCK_MILLIS) {
            throw new IOException("the clock of the peer says " + clockMillis + " ms, which is no time");
        }
        long behind = Math.max(-1, json.path("behind").asLong(-1));
        return new PeerPage(records, aside, next, json.path("more").asBoolean(), behind, clockMillis, bytes);
    }

    private static void requireFew(List<SyncRecord> records, List<PutAside> aside) throws IOException {
        if (records.size() + aside.size() > MAX_RECORDS) {
            throw new IOException("the page has more than " + MAX_RECORDS + " records, as many as one may have");
        }
    }

    private static String text(byte[] line) {
        return new String(line, StandardCharsets.UTF_8);
    }

    /** The records of one line that was kept; empty if this build does not know it either. */
    public static List<SyncRecord> readKept(String line) {
        List<SyncRecord> records = new ArrayList<>();
        try {
            JsonNode json = MAPPER.readTree(line);
            List<PutAside> unreadable = new ArrayList<>();
            return isKnown(json) && decode(json, records, unreadable) && unreadable.isEmpty() ? records : List.of();
        } catch (IOException | RuntimeException e) {
            return List.of();
        }
    }

    private static boolean isKnown(JsonNode json) {
        return json.path("v").asInt() == VERSION;
    }

    /**
     * Adds the records of a line; false if it is of a kind that this build does not know.
     *
     * @param aside takes those of several in a line that cannot be read
     */
    private static boolean decode(JsonNode json, List<SyncRecord> records, List<PutAside> aside) throws IOException {
        switch (json.path("kind").asText()) {
            case "runs" -> {
                ByteReader in = new ByteReader(data(json));
                int count = json.path("count").asInt();
                for (int i = 0; i < count; i++) {
                    int start = in.position();
                    String partition = in.readText();
                    Bytes sortKey = bytes(in);
                    Bytes body = bytes(in);
                    try {
                        records.add(new SyncRecord.Run(new RemoteRun(new Key(partition, sortKey), body)));
                    } catch (IllegalArgumentException e) {
                        byte[] run = Arrays.copyOfRange(in.array(), start, in.position());
                        aside.add(
                                new PutAside(runsLine(run, 1), PutAside.Reason.UNREADABLE, "a run: " + e.getMessage()));
                    }
                    requireFew(records, aside);
                }
            }
            case "chunk" -> records.add(new SyncRecord.Chunk(device(json), Bytes.wrap(data(json))));
            case "device" -> {
                SortedSet<String> metrics = new TreeSet<>();
                json.path("metrics").forEach(metric -> metrics.add(metric.asText()));
                SortedSet<RegionId> regions = new TreeSet<>();
                json.path("regions").forEach(region -> regions.add(new RegionId(region.asText())));
                records.add(new SyncRecord.Device(
                        new DeviceSummary(device(json), json.path("firstSeen").asLong(), metrics, regions)));
            }
            case "erasure" ->
                records.add(new SyncRecord.Erased(new Erasure(
                        device(json),
                        new TimeRange(
                                json.path("from").asLong(), json.path("to").asLong()),
                        json.path("whole").asBoolean(),
                        new WriteStamp(
                                new HybridTime(json.path("time").asLong()),
                                new RegionId(json.path("region").asText())))));
            case "shadow" ->
                records.add(new SyncRecord.Shadow(
                        new ShadowId(
                                new DeviceId(json.path("thing").asText()),
                                json.path("name").asText()),
                        DocumentFormat.decode(data(json))));
            default -> {
                return false;
            }
        }
        return true;
    }

    private static DeviceId device(JsonNode json) {
        return new DeviceId(json.path("device").asText());
    }

    private static byte[] data(JsonNode json) throws IOException {
        byte[] data = json.path("data").binaryValue();
        if (data == null || crcOf(data) != json.path("crc").asLong()) {
            throw new IOException("a line of the page was damaged on its way: its checksum differs");
        }
        return data;
    }

    private static Bytes bytes(ByteReader in) {
        int length = in.readCount(in.remaining());
        int at = in.take(length);
        return Bytes.wrap(Arrays.copyOfRange(in.array(), at, at + length));
    }

    /** Reads a page from memory. */
    public static PeerPage read(byte[] page) throws IOException {
        return read(new ByteArrayInputStream(page));
    }
}
