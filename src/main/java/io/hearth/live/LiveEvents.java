package io.hearth.live;

import io.hearth.model.DeviceId;
import io.hearth.presence.StoredPresence;
import io.hearth.series.item.StoredRun;
import io.hearth.shadow.StoredShadow;
import io.hearth.table.Change;
import io.hearth.table.Item;
import io.hearth.table.Key;
import org.jspecify.annotations.Nullable;

/** Tells which changes of the table are events, and what they say. */
public final class LiveEvents {
    /** The kind of event a change is; null if it is none. Looks at the key only. */
    LiveEvent.@Nullable Kind kindOf(Change change) {
        Key key = change.key();
        if (!(change instanceof Change.Stored)) {
            return null;
        }
        if (StoredRun.isRun(key)) {
            return LiveEvent.Kind.READINGS;
        }
        if (StoredShadow.isShadow(key)) {
            return LiveEvent.Kind.SHADOWS;
        }
        return StoredPresence.isPresence(key) ? LiveEvent.Kind.PRESENCE : null;
    }

    /** The event of a stored item of that kind. */
    LiveEvent decode(LiveEvent.Kind kind, Item item) {
        return switch (kind) {
            case READINGS -> new LiveEvent.Readings(new DeviceId(item.key().partitionKey()), StoredRun.readings(item));
            case PRESENCE ->
                new LiveEvent.PresenceChanged(StoredPresence.of(item).presence());
            case SHADOWS -> new LiveEvent.ShadowChanged(StoredShadow.of(item));
        };
    }
}
