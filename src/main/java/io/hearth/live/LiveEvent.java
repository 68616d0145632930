package io.hearth.live;

import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.presence.Presence;
import io.hearth.shadow.StoredShadow;

/** Something that was committed, told in the terms of who listens rather than of how it is stored. */
public sealed interface LiveEvent {
    /** What an event is about. */
    enum Kind {
        /** Readings of a device that were stored together. */
        READINGS,
        /** A device came or went. */
        PRESENCE,
        /** A shadow changed, or was deleted. */
        SHADOWS
    }

    DeviceId device();

    /**
     * Readings were stored.
     *
     * @param block as they came in; a later write of the same key may have taken their place by now
     */
    record Readings(DeviceId device, ReadingBlock block) implements LiveEvent {}

    /** A device came or went. */
    record PresenceChanged(Presence presence) implements LiveEvent {
        @Override
        public DeviceId device() {
            return presence.device();
        }
    }

    /**
     * A shadow changed.
     *
     * @param shadow as it was then; a later event may have what came after
     */
    record ShadowChanged(StoredShadow shadow) implements LiveEvent {
        @Override
        public DeviceId device() {
            return shadow.id().thing();
        }
    }
}
