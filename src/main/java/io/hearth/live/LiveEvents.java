package io.hearth.live;

import io.hearth.model.DeviceId;
import io.hearth.series.StoredRun;
import io.hearth.table.Change;
import org.jspecify.annotations.Nullable;

/** Tells which changes of the table are events, and what they say. */
public final class LiveEvents {
    /** The kind of event a change is; null if it is none. Looks at the key only. */
    LiveEvent.@Nullable Kind kindOf(Change change) {
        return change instanceof Change.Stored && StoredRun.isRun(change.key()) ? LiveEvent.Kind.READINGS : null;
    }

    /** The event of a change that has a kind. */
    LiveEvent decode(Change change) {
        if (change instanceof Change.Stored stored && StoredRun.isRun(change.key())) {
            return new LiveEvent.Readings(new DeviceId(change.key().partitionKey()), StoredRun.readings(stored.item()));
        }
        throw new IllegalArgumentException("no event: " + change.key());
    }
}
