package io.hearth.changes;

import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.WriteStamp;
import io.hearth.presence.Presence;
import io.hearth.presence.StoredPresence;
import io.hearth.series.catalog.StoredDevice;
import io.hearth.series.erase.StoredErasure;
import io.hearth.series.item.StoredRun;
import io.hearth.series.value.DeviceSummary;
import io.hearth.series.value.Erasure;
import io.hearth.shadow.StoredShadow;
import io.hearth.table.Item;
import io.hearth.table.Key;
import org.jspecify.annotations.Nullable;

/**
 * An item of the table that says something to those who follow its changes. Its kind is told by the key alone; the body is read each time
 * that it is asked for, which fails with {@link io.hearth.bytes.CorruptItemException} or
 * {@link io.hearth.bytes.UnsupportedFormatException} and leaves nothing behind.
 *
 * <p>Readers go through {@link Visitor}, which has a method for each kind and no default: whoever adds a kind has to say for every reader
 * what it does with it.
 */
public sealed interface ChangeRecord {
    /** Reads a record by its kind. */
    interface Visitor<R> {
        R run(Run run);

        R chunk(Chunk chunk);

        R device(Device device);

        R erased(Erased erased);

        R shadow(Shadow shadow);

        R presence(PresenceChange presence);
    }

    /** As it is stored. */
    Item item();

    <R> R accept(Visitor<R> visitor);

    /** The record that an item is; null if it is of a kind that nobody is told of. */
    static @Nullable ChangeRecord of(Item item) {
        Key key = item.key();
        if (StoredRun.isRun(key)) {
            return new Run(item);
        }
        if (StoredRun.isChunk(key)) {
            return new Chunk(item);
        }
        if (StoredDevice.isDevice(key)) {
            return new Device(item);
        }
        if (StoredErasure.isErasure(key)) {
            return new Erased(item);
        }
        if (StoredShadow.isShadow(key)) {
            return new Shadow(item);
        }
        return StoredPresence.isPresence(key) ? new PresenceChange(item) : null;
    }

    /** Readings of one device that were committed together. */
    record Run(Item item) implements ChangeRecord {
        public DeviceId device() {
            return new DeviceId(item.key().partitionKey());
        }

        public WriteStamp stamp() {
            return StoredRun.stamp(item.key());
        }

        /** As they were written, also those that have expired since. */
        public ReadingBlock readings() {
            return StoredRun.readings(item);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.run(this);
        }
    }

    /** A sealed day of a device. */
    record Chunk(Item item) implements ChangeRecord {
        public DeviceId device() {
            return new DeviceId(item.key().partitionKey());
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.chunk(this);
        }
    }

    /** That there is a device, and its metrics. */
    record Device(Item item) implements ChangeRecord {
        public DeviceSummary summary() {
            return StoredDevice.of(item);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.device(this);
        }
    }

    /** That readings were erased. */
    record Erased(Item item) implements ChangeRecord {
        public Erasure erasure() {
            return StoredErasure.of(item);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.erased(this);
        }
    }

    /** A shadow, deleted or not. */
    record Shadow(Item item) implements ChangeRecord {
        public StoredShadow shadow() {
            return StoredShadow.of(item);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.shadow(this);
        }
    }

    /** A device came or went. */
    record PresenceChange(Item item) implements ChangeRecord {
        public Presence presence() {
            return StoredPresence.of(item).presence();
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.presence(this);
        }
    }
}
