package io.hearth.mqtt.endpoint;

import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.UnsupportedFormatException;
import io.hearth.table.Write;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The last retained message of each topic, in memory to be sent and in the table to outlive the process. Bounded: what goes
 * beyond is routed but not retained, and the topic's earlier message is forgotten, as it is out of date.
 */
public final class RetainedMessages {
    static final int MAX_MESSAGES = 100_000;
    static final long MAX_TOTAL_BYTES = 64L << 20;
    /** The longest message, payload and properties, that is retained. */
    static final int MAX_MESSAGE_BYTES = 64 << 10;

    /** No device can be called this, so the partition is our own. */
    /** Where retained messages are stored. */
    public static final String PARTITION = "mqtt/retained";

    private static final int PAGE_ITEMS = 1000;
    private static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

    /*
     * The body of an item; the topic is its sort key, in UTF-8. RetainedMessagesTest pins the bytes.
     *
     *   [1] format, 1    [1] QoS    [2] length of the properties    [n] properties    [m] payload
     */
    private static final byte FORMAT = 1;
    private static final int HEADER_BYTES = 4;

    private final Table table;
    private final Map<String, Publish> byTopic = new ConcurrentHashMap<>();
    private final AtomicLong totalBytes = new AtomicLong();

    /** The last write of each topic that has writes under way. Guarded by this. */
    private final Map<String, CompletableFuture<Void>> writing = new HashMap<>();

    public RetainedMessages(Table table) {
        this.table = table;
    }

    /** Reads what the table holds, which blocks; to be called once, before any other method. */
    void load() {
        @Nullable Cursor cursor = null;
        do {
            Page page = table.query(new Query(
                            PARTITION, SortRange.ALL, Direction.ASCENDING, PAGE_ITEMS, cursor, Consistency.STRONG))
                    .await()
                    .indefinitely();
            for (Item item : page.items()) {
                Publish publish = decode(item);
                byTopic.put(publish.topic(), publish);
                totalBytes.addAndGet(sizeOf(publish));
            }
            cursor = page.next();
        } while (cursor != null);
    }

    /**
     * Retains {@code publish}, or forgets its topic if the payload is empty; completes when that is durable. Memory and table see
     * the messages of a topic in the same order: the table may take its time with a write, so the next one waits for it.
     */
    synchronized CompletionStage<Void> keep(Publish publish) {
        byte[] topic = publish.topic().getBytes(StandardCharsets.UTF_8);
        boolean hadOne = byTopic.containsKey(publish.topic());
        boolean keep = publish.payload().length > 0 && hasRoom(publish, topic.length, hadOne);
        if (!keep && !hadOne) {
            return DONE;
        }
        Publish before = keep ? byTopic.put(publish.topic(), publish) : byTopic.remove(publish.topic());
        totalBytes.addAndGet((keep ? sizeOf(publish) : 0) - (before == null ? 0 : sizeOf(before)));
        Key key = new Key(PARTITION, Bytes.wrap(topic));
        Write write = keep ? new Write.Put(Item.of(key, encode(publish))) : new Write.Delete(key);
        return writeInTurn(publish.topic(), write);
    }

    private CompletionStage<Void> writeInTurn(String topic, Write write) {
        CompletableFuture<Void> before = writing.get(topic);
        CompletableFuture<Void> after = before == null
                ? write(write)
                : before.handle((done, failure) -> write).thenCompose(this::write);
        writing.put(topic, after);
        return after.whenComplete((done, failure) -> written(topic, after));
    }

    private CompletableFuture<Void> write(Write write) {
        return table.write(List.of(write)).subscribeAsCompletionStage().toCompletableFuture();
    }

    private synchronized void written(String topic, CompletableFuture<Void> write) {
        writing.remove(topic, write);
    }

    /**
     * Retains {@code publish} if {@code expected} is what its topic has, that and not one that says the same; completes when that is
     * durable. Null, and nothing has happened, if it is not.
     */
    @Nullable
    synchronized CompletionStage<Void> keepInPlaceOf(Publish expected, Publish publish) {
        return expected.equals(byTopic.get(publish.topic())) ? keep(publish) : null;
    }

    /** What is retained of a topic; null if nothing is. */
    @Nullable
    Publish of(String topic) {
        return byTopic.get(topic);
    }

    /** What is retained of the topics that the well-formed {@code filter} matches. */
    List<Publish> matching(String filter) {
        if (filter.indexOf('+') < 0 && filter.indexOf('#') < 0) {
            Publish one = byTopic.get(filter);
            return one == null ? List.of() : List.of(one);
        }
        List<Publish> matching = new ArrayList<>();
        byTopic.forEach((topic, publish) -> {
            if (Topics.matches(filter, topic)) {
                matching.add(publish);
            }
        });
        return matching;
    }

    private boolean hasRoom(Publish publish, int topicBytes, boolean replaces) {
        long size = sizeOf(publish);
        return !publish.isCutOff()
                && topicBytes <= Key.MAX_SORT_KEY_BYTES
                && size <= MAX_MESSAGE_BYTES
                && (replaces || byTopic.size() < MAX_MESSAGES)
                && totalBytes.get() + size <= MAX_TOTAL_BYTES;
    }

    private static long sizeOf(Publish publish) {
        return publish.payload().length + publish.properties().length;
    }

    private static Bytes encode(Publish publish) {
        byte[] properties = publish.properties();
        return Bytes.wrap(ByteBuffer.allocate(HEADER_BYTES + properties.length + publish.payload().length)
                .put(FORMAT)
                .put((byte) publish.qos())
                .putShort((short) properties.length)
                .put(properties)
                .put(publish.payload())
                .array());
    }

    /**
     * Reads an item, all of it.
     *
     * @throws RuntimeException it is not a retained message, or damaged
     */
    public static void check(Item item) {
        Publish unused = decode(item);
    }

    private static Publish decode(Item item) {
        ByteBuffer body = ByteBuffer.wrap(item.body().array());
        byte format = body.get();
        if (format != FORMAT) {
            throw new UnsupportedFormatException(
                    "a retained message has format " + format + "; this is for " + FORMAT, null);
        }
        int qos = body.get();
        byte[] properties = new byte[Short.toUnsignedInt(body.getShort())];
        body.get(properties);
        byte[] payload = new byte[body.remaining()];
        body.get(payload);
        String topic = new String(item.key().sortKey().array(), StandardCharsets.UTF_8);
        return new Publish(topic, qos, false, true, 0, properties, payload, payload.length);
    }
}
