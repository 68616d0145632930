package io.hearth.sync.wire;

import io.hearth.model.DeviceId;
import io.hearth.series.value.DeviceSummary;
import io.hearth.series.value.Erasure;
import io.hearth.series.value.RemoteRun;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.shadow.document.ShadowId;
import io.hearth.table.Bytes;

/** Something that a region has, as it tells it to others. Taking one in twice, or in another order, changes nothing. */
public sealed interface SyncRecord {
    /**
     * Reads a record by its kind. There is no default: whoever adds a kind has to say for every reader what it does with it.
     *
     * @param <X> what reading may fail with
     */
    interface Visitor<X extends Exception> {
        void run(Run run) throws X;

        void chunk(Chunk chunk) throws X;

        void device(Device device) throws X;

        void erased(Erased erased) throws X;

        void shadow(Shadow shadow) throws X;
    }

    <X extends Exception> void accept(Visitor<X> visitor) throws X;

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

        @Override
        public <X extends Exception> void accept(Visitor<X> visitor) throws X {
            visitor.run(this);
        }
    }

    /** A closed window of a device, as it is stored. */
    record Chunk(DeviceId device, Bytes body) implements SyncRecord {
        @Override
        public Kind kind() {
            return Kind.READINGS;
        }

        @Override
        public <X extends Exception> void accept(Visitor<X> visitor) throws X {
            visitor.chunk(this);
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

        @Override
        public <X extends Exception> void accept(Visitor<X> visitor) throws X {
            visitor.device(this);
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

        @Override
        public <X extends Exception> void accept(Visitor<X> visitor) throws X {
            visitor.erased(this);
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

        @Override
        public <X extends Exception> void accept(Visitor<X> visitor) throws X {
            visitor.shadow(this);
        }
    }
}
