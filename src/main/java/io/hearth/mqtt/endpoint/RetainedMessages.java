package io.hearth.mqtt.endpoint;

import io.hearth.bytes.Format;
import io.hearth.layout.Partitions;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Condition;
import io.hearth.table.ConditionFailedException;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Key;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The last retained message of each topic, in memory to be sent and in the table to outlive the process. Bounded: what goes
 * beyond, as {@link RetainedRoom} says, is routed but not retained, and the topic's earlier message is forgotten, as it is out
 * of date.
 */
public final class RetainedMessages {
    /** The longest message, payload and properties, that is retained. */
    static final int MAX_MESSAGE_BYTES = 64 << 10;

    /** No device can be called this, so the partition is our own. */
    private static final int PAGE_ITEMS = 1000;

    private static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

    /*
     * The body of an item; the topic is its sort key, in UTF-8. RetainedMessagesTest pins the bytes.
     *
     *   [1] format, 1    [1] QoS    [2] length of the properties    [n] properties    [m] payload
     *
     * Its version is when it came, epoch microseconds; 0 with earlier builds.
     */
    private static final byte FORMAT = 1;
    private static final int HEADER_BYTES = 4;

    private final Table table;
    private final InstantSource clock;
    private final Map<String, Retained> byTopic = new ConcurrentHashMap<>();
    private final LongAdder leftOut = new LongAdder();

    /** Guarded by this. */
    private final RetainedRoom room;

    /** The last write of each topic that has writes under way. Guarded by this. */
    private final Map<String, CompletableFuture<Void>> writing = new HashMap<>();

    private record Retained(RetainedRoom.Place place, long sinceMicros) {
        Publish publish() {
            return place.publish();
        }
    }

    /**
     * @param clock by which messages come
     * @param known the devices whose messages have room before those of others
     */
    public RetainedMessages(Table table, InstantSource clock, MqttLimits.Retained limits, KnownDevices known) {
        this.table = table;
        this.clock = clock;
        this.room = new RetainedRoom(limits, known);
    }

    /** Memory that they take, about. */
    synchronized long bytes() {
        return room.bytes();
    }

    /** How many messages were not retained, as there was no room. */
    LongAdder leftOut() {
        return leftOut;
    }

    /** Reads what the table holds, which blocks; to be called once, before any other method. */
    synchronized void load() {
        ItemWalk items = new ItemWalk(
                table,
                new Query(
                        Partitions.RETAINED, SortRange.ALL, Direction.ASCENDING, PAGE_ITEMS, null, Consistency.STRONG));
        while (items.hasNext()) {
            Item item = items.next();
            Publish publish = decode(item);
            if (Topics.isReserved(publish.topic())) {
                // Retained by an earlier build, for which it was any topic. No client could clear it now.
                Blocking.await(table.write(List.of(new Write.Delete(item.key()))));
                continue;
            }
            RetainedRoom.Place place = room.placeOf(publish);
            byTopic.put(publish.topic(), new Retained(place, item.version()));
            room.take(place);
        }
    }

    /**
     * Retains {@code publish}, or forgets its topic if the payload is empty; completes when that is durable. Memory and table see
     * the messages of a topic in the same order: the table may take its time with a write, so the next one waits for it.
     */
    synchronized CompletionStage<Void> keep(Publish publish) {
        byte[] topic = publish.topic().getBytes(StandardCharsets.UTF_8);
        Retained before = byTopic.get(publish.topic());
        RetainedRoom.Place place = room.placeOf(publish);
        boolean isEmpty = publish.payload().length == 0;
        boolean keep =
                !isEmpty && canHold(publish, topic.length) && room.has(place, before == null ? null : before.place);
        if (!keep && !isEmpty) {
            leftOut.increment();
        }
        if (!keep && before == null) {
            return DONE;
        }
        if (before != null) {
            room.free(before.place);
        }
        long nowMicros = Math.max(0, EpochMicros.of(clock.instant()));
        if (keep) {
            room.take(place);
            byTopic.put(publish.topic(), new Retained(place, nowMicros));
        } else {
            byTopic.remove(publish.topic());
        }
        Key key = new Key(Partitions.RETAINED, Bytes.wrap(topic));
        Write write = keep ? new Write.Put(new Item(key, encode(publish), 0, nowMicros, null)) : new Write.Delete(key);
        return writeInTurn(publish.topic(), write);
    }

    private CompletableFuture<Void> writeInTurn(String topic, Write write) {
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
        return expected.equals(of(publish.topic())) ? keep(publish) : null;
    }

    /** What is retained of a topic; null if nothing is. */
    @Nullable
    Publish of(String topic) {
        Retained retained = byTopic.get(topic);
        return retained == null ? null : retained.publish();
    }

    /** Whether anything is retained on the topics of a device. Blocks until the table answers. */
    public boolean has(DeviceId device) {
        return !Blocking.await(table.query(topicsOf(device, 1))).items().isEmpty();
    }

    /** Forgets what is retained on the topics of a device, {@code devices/<id>/…}. Blocks until that is durable. */
    public void erase(DeviceId device) {
        eraseUntil(device, Long.MAX_VALUE);
    }

    /**
     * The same of what came until a time, to finish an erasure that began then; what has come since stays.
     *
     * @param untilMicros epoch microseconds
     */
    public void eraseUntil(DeviceId device, long untilMicros) {
        Blocking.await(Uni.createFrom().completionStage(forget(device, untilMicros)));
        // What this process does not hold, as another one has retained it.
        ItemWalk items = new ItemWalk(table, topicsOf(device, PAGE_ITEMS));
        while (items.hasNext()) {
            Item item = items.next();
            boolean isKeptSince = byTopic.containsKey(topicOf(item));
            if (item.version() <= untilMicros && !isKeptSince) {
                Blocking.await(table.delete(item.key(), Condition.version(item.version()))
                        // There is another message by now.
                        .onFailure(ConditionFailedException.class)
                        .recoverWithNull());
            }
        }
    }

    /** In turn with {@link #keep}, so that nothing that was kept before comes back. */
    private synchronized CompletableFuture<Void> forget(DeviceId device, long untilMicros) {
        List<CompletableFuture<Void>> deletes = new ArrayList<>();
        byTopic.values().removeIf(retained -> {
            Publish publish = retained.publish();
            boolean goes =
                    retained.sinceMicros <= untilMicros && publish.topic().startsWith(prefix(device));
            if (goes) {
                room.free(retained.place);
                Write delete = new Write.Delete(new Key(Partitions.RETAINED, topic(publish.topic())));
                deletes.add(writeInTurn(publish.topic(), delete));
            }
            return goes;
        });
        return CompletableFuture.allOf(deletes.toArray(new CompletableFuture<?>[0]));
    }

    private static String prefix(DeviceId device) {
        return "devices/" + device.value() + "/";
    }

    private static Bytes topic(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String topicOf(Item item) {
        return new String(item.key().sortKey().array(), StandardCharsets.UTF_8);
    }

    private static Query topicsOf(DeviceId device, int limit) {
        SortRange topics = SortRange.prefix(topic(prefix(device)));
        return new Query(Partitions.RETAINED, topics, Direction.ASCENDING, limit, null, Consistency.STRONG);
    }

    /** All there is, in no order. What is retained or forgotten meanwhile may be in it or not. */
    Iterator<@Nullable Publish> all() {
        Iterator<Retained> all = byTopic.values().iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return all.hasNext();
            }

            @Override
            public Publish next() {
                return all.next().publish();
            }
        };
    }

    private static boolean canHold(Publish publish, int topicBytes) {
        return !publish.isCutOff()
                && topicBytes <= Key.MAX_SORT_KEY_BYTES
                && publish.payload().length + publish.properties().length <= MAX_MESSAGE_BYTES;
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
        Format.require(body.get(), FORMAT, "a retained message");
        int qos = body.get();
        byte[] properties = new byte[Short.toUnsignedInt(body.getShort())];
        body.get(properties);
        byte[] payload = new byte[body.remaining()];
        body.get(payload);
        String topic = topicOf(item);
        return new Publish(topic, qos, false, true, 0, properties, payload, payload.length);
    }
}
