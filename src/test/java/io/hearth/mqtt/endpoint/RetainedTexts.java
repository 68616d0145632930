package io.hearth.mqtt.endpoint;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** Retained messages as plain texts. */
public final class RetainedTexts {
    private RetainedTexts() {}

    /** Reads what the table holds, as the endpoint does when it starts. */
    public static void load(RetainedMessages retained) {
        retained.load();
    }

    /** Retains a text, or nothing any more if it is empty; returns when that is durable. */
    public static void keep(RetainedMessages retained, String topic, String text) {
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        retained.keep(new Publish(topic, 1, false, true, 1, Publish.NO_BYTES, payload, payload.length))
                .toCompletableFuture()
                .join();
    }

    /** What is retained, by topic. */
    public static Map<String, String> of(RetainedMessages retained) {
        Map<String, String> texts = new TreeMap<>();
        retained.matching("#")
                .forEach(publish -> texts.put(publish.topic(), new String(publish.payload(), StandardCharsets.UTF_8)));
        return texts;
    }
}
