package io.hearth.upgrade;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.hearth.HearthClient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What lines between regions look like to a peer that reads them: their fields, versions and kinds, and the versions of what
 * is packed in them; not in which order or pieces they come.
 */
final class WireForm {
    private static final ObjectMapper JSON = new ObjectMapper();

    private WireForm() {}

    /** The forms of the answers that an earlier build gave, by path. */
    static SortedMap<String, SortedSet<String>> kept(Path wire) throws IOException {
        SortedMap<String, SortedSet<String>> forms = new TreeMap<>();
        for (JsonNode entry : JSON.readTree(wire.resolve("index.json").toFile())) {
            add(entry, Files.readString(wire.resolve(entry.path("file").asText())), forms);
        }
        return forms;
    }

    /** The forms of what a service answers to the same calls. */
    static SortedMap<String, SortedSet<String>> of(HearthClient client, Path wire)
            throws IOException, InterruptedException {
        SortedMap<String, SortedSet<String>> forms = new TreeMap<>();
        for (JsonNode entry : JSON.readTree(wire.resolve("index.json").toFile())) {
            add(entry, client.get(entry.path("path").asText()).body(), forms);
        }
        return forms;
    }

    private static void add(JsonNode entry, String body, SortedMap<String, SortedSet<String>> forms)
            throws IOException {
        SortedSet<String> lines = forms.computeIfAbsent(
                entry.path("path").asText().replaceAll("segment=\\d+", "segment=…"), path -> new TreeSet<>());
        for (String line : body.lines().toList()) {
            ObjectNode json = (ObjectNode) JSON.readTree(line);
            if (json.has("devices")) {
                // Digests: the same points have the same digest, and must go on doing so between builds.
                lines.add(json.toString());
            } else {
                lines.add(form(json));
            }
        }
    }

    private static String form(ObjectNode line) throws IOException {
        StringBuilder form = new StringBuilder();
        line.properties().forEach(field -> {
            JsonNode value = field.getValue();
            boolean isOfForm = field.getKey().equals("v") || field.getKey().equals("kind");
            form.append(field.getKey())
                    .append(' ')
                    .append(isOfForm ? value.asText() : value.getNodeType())
                    .append(", ");
        });
        if (line.has("data")) {
            byte[] data = Base64.getDecoder().decode(line.path("data").asText());
            form.append("versions ").append(line.path("kind").asText().equals("runs") ? versions(data) : data[0]);
        }
        return form.toString();
    }

    /** The first bytes of the bodies of runs; each run is its partition key, its sort key and its body, with their lengths. */
    private static SortedSet<Integer> versions(byte[] runs) {
        SortedSet<Integer> versions = new TreeSet<>();
        ByteBuffer in = ByteBuffer.wrap(runs);
        while (in.hasRemaining()) {
            for (int key = 0; key < 2; key++) {
                skip(varint(in), in);
            }
            int length = varint(in);
            versions.add((int) in.get(in.position()));
            skip(length, in);
        }
        return versions;
    }

    private static void skip(int bytes, ByteBuffer in) {
        in.position(in.position() + bytes);
    }

    private static int varint(ByteBuffer in) {
        int value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.get();
            value |= (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }
}
