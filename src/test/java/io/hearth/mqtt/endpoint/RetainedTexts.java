package io.hearth.mqtt.endpoint;

import io.hearth.table.Table;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Retained messages as plain texts. */
public final class RetainedTexts {
    private RetainedTexts() {}

    /** With the limits of a service for which nothing is set, and no known devices. */
    public static RetainedMessages messages(Table table, InstantSource clock) {
        return new RetainedMessages(
                table, clock, EndpointFixture.limits(Map.of()).retained(), device -> false);
    }

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

    /** What is retained of the topics that a filter matches. */
    static List<Publish> matching(RetainedMessages retained, String filter) {
        RetainedStream stream = new RetainedStream(retained);
        stream.add(filter, new Subscription(1, false, false));
        List<Publish> matching = new ArrayList<>();
        while (!stream.isDone()) {
            stream.beginTurn();
            for (Routed next = stream.poll(); next != null; next = stream.poll()) {
                matching.add(next.publish());
            }
        }
        return matching;
    }

    /** What is retained, by topic. */
    public static Map<String, String> of(RetainedMessages retained) {
        Map<String, String> texts = new TreeMap<>();
        matching(retained, "#")
                .forEach(publish -> texts.put(publish.topic(), new String(publish.payload(), StandardCharsets.UTF_8)));
        return texts;
    }
}
