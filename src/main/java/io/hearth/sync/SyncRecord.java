package io.hearth.sync;

import io.hearth.model.DeviceId;
import io.hearth.series.value.DeviceSummary;
import io.hearth.series.value.Erasure;
import io.hearth.series.value.RemoteRun;
import io.hearth.shadow.ShadowDocument;
import io.hearth.shadow.ShadowId;
import io.hearth.table.Bytes;

/** Something that a region has, as it tells it to others. Taking one in twice, or in another order, changes nothing. */
public sealed interface SyncRecord {
    /** What a record is about. */
    enum Kind {
        READINGS,
        DEVICE,
        ERASURE,
        SHADOW
    }

    /** The kind, of which a feed can be asked; what this build does not know has none. */
    Kind kind();

    /** The device that it is about. */
    DeviceId device();

    /** Readings of one device that were committed together, as they are stored. */
    record Run(RemoteRun run) implements SyncRecord {
        @Override
        public DeviceId device() {
            return new DeviceId(run.key().partitionKey());
        }

        @Override
        public Kind kind() {
            return Kind.READINGS;
        }
    }

    /** A closed window of a device, as it is stored. */
    record Chunk(DeviceId device, Bytes body) implements SyncRecord {
        @Override
        public Kind kind() {
            return Kind.READINGS;
        }
    }

    /** That there is a device, and its metrics. */
    record Device(DeviceSummary summary) implements SyncRecord {
        @Override
        public DeviceId device() {
            return summary.id();
        }

        @Override
        public Kind kind() {
            return Kind.DEVICE;
        }
    }

    /** That readings were erased. */
    record Erased(Erasure erasure) implements SyncRecord {
        @Override
        public DeviceId device() {
            return erasure.device();
        }

        @Override
        public Kind kind() {
            return Kind.ERASURE;
        }
    }

    /** A shadow with the stamps of all its fields, deleted or not. */
    record Shadow(ShadowId id, ShadowDocument document) implements SyncRecord {
        @Override
        public DeviceId device() {
            return id.thing();
        }

        @Override
        public Kind kind() {
            return Kind.SHADOW;
        }
    }
}
