package io.hearth.series.item;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.model.DeviceId;
import io.hearth.series.value.Transmission;
import io.hearth.table.Bytes;
import io.hearth.table.Item;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/*
 * Body, format 1: [1] format | varint clients, each: [8] client hash | varint transmissions, each: [2] packet id |
 * [4] payload hash; oldest first. SeriesGoldenTest pins the bytes.
 */

/**
 * Which transmissions brought the readings of a sealed window that had no time of their own, so that they are recognised when they
 * come again. They are items of their own beside the chunks, as they are needed for days and chunks are kept for months.
 */
public final class SealedTransmissions {
    private static final int FORMAT = 1;

    /** How long after its window a transmission may still come again. */
    private static final Duration REDELIVERY = Duration.ofDays(2);

    /** So that an item has less than 250 KB, however many clients send for the device. */
    private static final int MOST = 32 * Transmission.MOST_IN_FLIGHT;

    private SealedTransmissions() {}

    /** Whether readings of a window may still come again. */
    public static boolean areKeptOf(long window, Instant now) {
        return expiresAtSeconds(window) > now.getEpochSecond();
    }

    private static long expiresAtSeconds(long window) {
        return (window + SeriesKeys.WINDOW_MICROS) / 1_000_000 + REDELIVERY.toSeconds();
    }

    /**
     * The items that remember transmissions; none if there is nothing to remember.
     *
     * @param transmissions of the window, oldest first
     */
    public static List<Item> items(
            DeviceId device, long window, long hybridTime, List<Transmission> transmissions, Instant now) {
        Map<Long, List<Transmission>> byClient = latestByClient(transmissions);
        if (byClient.isEmpty() || !areKeptOf(window, now)) {
            return List.of();
        }
        ByteWriter out = new ByteWriter(64);
        out.writeByte(FORMAT);
        out.writeVarint(byClient.size());
        byClient.forEach((client, its) -> {
            out.writeLong(client);
            out.writeVarint(its.size());
            for (Transmission transmission : its) {
                out.writeShort(transmission.packetId());
                out.writeInt(transmission.payloadHash());
            }
        });
        return List.of(new Item(
                SeriesKeys.transmissions(device, window, hybridTime),
                Bytes.wrap(out.toByteArray()),
                expiresAtSeconds(window),
                0,
                null));
    }

    /** The last use of each packet id, of each client as many as it may have in flight. */
    private static Map<Long, List<Transmission>> latestByClient(List<Transmission> transmissions) {
        Map<Long, List<Transmission>> byClient = new LinkedHashMap<>();
        Map<Long, Set<Integer>> packetIds = new HashMap<>();
        int count = 0;
        for (int i = transmissions.size() - 1; i >= 0 && count < MOST; i--) {
            Transmission transmission = transmissions.get(i);
            Set<Integer> ofClient = packetIds.computeIfAbsent(transmission.clientHash(), client -> new HashSet<>());
            if (transmission.timeless()
                    && ofClient.size() < Transmission.MOST_IN_FLIGHT
                    && ofClient.add(transmission.packetId())) {
                byClient.computeIfAbsent(transmission.clientHash(), client -> new ArrayList<>())
                        .add(transmission);
                count++;
            }
        }
        byClient.values().forEach(Collections::reverse);
        return byClient;
    }

    /** @throws CorruptItemException it is none, or damaged */
    public static void read(Item item, Collection<Transmission> target) {
        ByteReader in = new ByteReader(item.body().array());
        Format.require(in.readByte(), FORMAT, "a record of transmissions");
        for (int clients = in.readCount(in.remaining()); clients > 0; clients--) {
            long client = in.readLong();
            for (int left = in.readCount(in.remaining()); left > 0; left--) {
                target.add(new Transmission(client, in.readShort(), in.readInt(), true));
            }
        }
    }
}
