package io.hearth.sync.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.hearth.model.DeviceId;
import io.hearth.sync.wire.PeerDigests;
import io.hearth.sync.wire.ShadowDigest;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads what a peer answers when its digests are asked for: {@code {"devices":{"d":{"start µs":"hex"}},"shadows":[{"thing":"d",
 * "name":"","digest":"hex"}]}}. Holds nothing but the digests, and refuses more than one answer may have.
 */
final class DigestsJson {
    private static final JsonFactory JSON = new JsonFactory();

    /** Of what an entry takes in memory, a device about three times as much as a day of it. */
    private static final int MOST_ENTRIES = 1_000_000;

    private static final int DEVICE_ENTRIES = 3;

    private final JsonParser parser;
    private int entries;

    private DigestsJson(JsonParser parser) {
        this.parser = parser;
    }

    /** @throws IOException if they are not what was asked for */
    static PeerDigests read(InputStream in) throws IOException {
        try (JsonParser parser = JSON.createParser(in)) {
            return new DigestsJson(parser).read();
        } catch (IllegalArgumentException e) {
            throw new IOException("the digests of the peer cannot be read: " + e.getMessage(), e);
        }
    }

    private PeerDigests read() throws IOException {
        Map<DeviceId, SortedMap<Long, Long>> byDevice = new TreeMap<>();
        List<ShadowDigest> shadows = new ArrayList<>(); // a peer of an earlier version has none
        require(JsonToken.START_OBJECT, parser.nextToken());
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (field) {
                case "devices" -> {
                    require(JsonToken.START_OBJECT, value);
                    while (parser.nextToken() == JsonToken.FIELD_NAME) {
                        count(DEVICE_ENTRIES);
                        byDevice.put(new DeviceId(parser.currentName()), windows());
                    }
                }
                case "shadows" -> {
                    require(JsonToken.START_ARRAY, value);
                    while (parser.nextToken() == JsonToken.START_OBJECT) {
                        count(DEVICE_ENTRIES);
                        shadows.add(shadow());
                    }
                }
                default -> parser.skipChildren();
            }
        }
        require(JsonToken.END_OBJECT, parser.currentToken());
        return new PeerDigests(byDevice, shadows);
    }

    private SortedMap<Long, Long> windows() throws IOException {
        SortedMap<Long, Long> windows = new TreeMap<>();
        require(JsonToken.START_OBJECT, parser.nextToken());
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            count(1);
            long start = Long.parseLong(parser.currentName());
            require(JsonToken.VALUE_STRING, parser.nextToken());
            windows.put(start, Long.parseUnsignedLong(parser.getText(), 16));
        }
        return windows;
    }

    private ShadowDigest shadow() throws IOException {
        String thing = "";
        String name = "";
        String digest = "";
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            parser.nextToken();
            switch (field) {
                case "thing" -> thing = parser.getText();
                case "name" -> name = parser.getText();
                case "digest" -> digest = parser.getText();
                default -> parser.skipChildren();
            }
        }
        return new ShadowDigest(new DeviceId(thing), name, Long.parseUnsignedLong(digest, 16));
    }

    private void count(int more) throws IOException {
        entries += more;
        if (entries > MOST_ENTRIES) {
            throw new IOException("the peer answers more digests than one answer may have");
        }
    }

    private static void require(JsonToken expected, JsonToken found) throws IOException {
        if (found != expected) {
            throw new IOException("the digests of the peer cannot be read: " + found + " instead of " + expected);
        }
    }
}
