package io.hearth.presence;

import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.DeviceId;
import io.hearth.table.Condition;
import io.hearth.table.Consistency;
import io.hearth.table.Item;
import io.hearth.table.Table;
import io.smallrye.mutiny.Uni;
import org.jspecify.annotations.Nullable;

/** Reads what the table has of a device. One that is online by a process that has ended is offline since then. */
final class PresenceReader {
    private final Table table;
    private final Processes processes;

    PresenceReader(Table table, Processes processes) {
        this.table = table;
        this.processes = processes;
    }

    /** @param item null if there is none */
    record Stored(PresenceState state, @Nullable Item item) {
        /** What a write that is decided on this has to find in the table. */
        Condition condition() {
            return item == null ? Condition.absent() : Condition.version(item.version());
        }
    }

    /** What the table has; {@link PresenceState#UNKNOWN} if that is nothing, or nothing that can be read. */
    Uni<Stored> load(DeviceId device) {
        return table.get(StoredPresence.key(device), Consistency.STRONG)
                .chain(found -> found.isEmpty()
                        ? Uni.createFrom().item(new Stored(PresenceState.UNKNOWN, null))
                        : stateOf(found.get()).map(state -> new Stored(state, found.get())));
    }

    private Uni<PresenceState> stateOf(Item item) {
        StoredPresence stored;
        try {
            stored = StoredPresence.of(item);
        } catch (CorruptItemException | UnsupportedFormatException e) {
            // It is known anew as soon as the device is heard of.
            return Uni.createFrom().item(PresenceState.UNKNOWN);
        }
        Presence presence = stored.presence();
        PresenceState asStored = PresenceState.stored(presence, stored.process());
        if (!presence.online() || !processes.isOther(stored.process())) {
            return Uni.createFrom().item(asStored);
        }
        return processes
                .endOf(stored.process())
                .map(end -> end.map(micros ->
                                PresenceState.stored(PresenceReaper.offline(presence, micros), stored.process()))
                        .orElse(asStored));
    }
}
