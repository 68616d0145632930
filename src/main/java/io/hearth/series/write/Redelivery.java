package io.hearth.series.write;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.clock.WriteClock;
import io.hearth.series.item.SealedTransmissions;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.Transmission;
import io.hearth.series.window.Windows;
import io.hearth.table.Table;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** Tells whether a message that a client has sent again is stored already. Safe for several threads. Blocks. */
public final class Redelivery {
    /** By more than this the clock of the stamps is ahead of the wall clock only if that has been set back. */
    private static final long SET_BACK_MICROS = 5_000_000;

    private final Table table;
    private final Windows windows;
    private final WriteClock clock;
    private final InstantSource wallClock;

    public Redelivery(Table table, Windows windows, WriteClock clock, InstantSource wallClock) {
        this.table = table;
        this.windows = windows;
        this.clock = clock;
        this.wallClock = wallClock;
    }

    /**
     * Whether a transmission has been stored already: whether the last one of its client with its packet id had its payload.
     *
     * @param sinceMicros how far back to look
     */
    public boolean isStored(DeviceId device, Transmission transmission, long sinceMicros) {
        TransmissionSearch search = new TransmissionSearch(table, device, transmission, sinceMicros);
        search.lookBefore(Long.MAX_VALUE);
        long nowMicros = EpochMicros.of(wallClock.instant());
        if (clock.reachedMillis() * 1000 > nowMicros + SET_BACK_MICROS) {
            // The wall clock has been set back: what came last has earlier times than what came before.
            search.lookBefore(nowMicros + SET_BACK_MICROS);
        }
        return switch (search.outcome()) {
            case STORED -> true;
            case OTHER, TOO_MANY -> false;
            case UNKNOWN -> isSealed(device, transmission, sinceMicros);
        };
    }

    /** Whether sealed windows remember a transmission as the last of its client with its packet id. */
    private boolean isSealed(DeviceId device, Transmission transmission, long sinceMicros) {
        List<Transmission> sealed = new ArrayList<>();
        windows.walk(device, SeriesKeys.chunks(sinceMicros, Long.MAX_VALUE))
                .forEachRemaining(item -> sealed.addAll(
                        Windows.transmissionsIn(Chunk.open(item.body().array()))));
        windows.walk(device, SeriesKeys.transmissionsFrom(sinceMicros))
                .forEachRemaining(item -> SealedTransmissions.read(item, sealed));
        boolean stored = false;
        for (Transmission kept : sealed) {
            if (kept.clientHash() == transmission.clientHash() && kept.packetId() == transmission.packetId()) {
                stored = kept.payloadHash() == transmission.payloadHash();
            }
        }
        return stored;
    }
}
