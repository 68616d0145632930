package io.hearth.ingest;

import io.hearth.ingest.CommitGroup.TransmissionKey;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.Transmission;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32C;

/**
 * Recognises deliveries that their senders send again: those whose first transmission is not committed yet, and readings without a
 * time of their own that are stored already. Deliveries come in on one thread, and are committed on any.
 */
final class Redeliveries {
    private final SeriesStore series;
    private final InstantSource wallClock;
    private final Duration window;
    private final Set<TransmissionKey> uncommitted = ConcurrentHashMap.newKeySet();

    /** @param window how far back to look for a transmission that is stored */
    Redeliveries(SeriesStore series, InstantSource wallClock, Duration window) {
        this.series = series;
        this.wallClock = wallClock;
        this.window = window;
    }

    /** Whether a delivery may repeat one of which nobody knows yet whether it is stored. */
    boolean mayDoubleOneUnderWay(Delivery delivery) {
        Origin origin = delivery.origin();
        return origin != null
                && origin.redelivered()
                && uncommitted.contains(new TransmissionKey(hash(origin.clientId()), origin.packetId()));
    }

    /** The transmission that a delivery is. */
    static Transmission transmission(Origin origin, byte[] reading, boolean timeless) {
        return new Transmission(hash(origin.clientId()), origin.packetId(), hash(reading), timeless);
    }

    /** Whether the last transmission of its client with its packet id, within the window, had its payload. */
    boolean isStored(DeviceId device, Transmission transmission) {
        return series.isStored(device, transmission, EpochMicros.of(wallClock.instant()) - window.toMillis() * 1000);
    }

    /** Knows of a transmission until its group has {@linkplain #ended ended}. */
    void began(Transmission transmission, CommitGroup group) {
        TransmissionKey key = new TransmissionKey(transmission.clientHash(), transmission.packetId());
        uncommitted.add(key);
        group.transmissions.add(key);
    }

    /** A group is committed, or has failed. */
    void ended(CommitGroup group) {
        group.transmissions.forEach(uncommitted::remove);
    }

    /** FNV-1a, 64 bits: client ids are short, and the table keeps the hash, so it must never change. */
    private static long hash(String text) {
        long hash = 0xcbf29ce484222325L;
        for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (octet & 0xFF)) * 0x100000001b3L;
        }
        return hash;
    }

    private static int hash(byte[] payload) {
        CRC32C crc = new CRC32C();
        crc.update(payload);
        return (int) crc.getValue();
    }
}
