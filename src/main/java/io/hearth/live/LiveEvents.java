package io.hearth.live;

import io.hearth.changes.ChangeRecord;
import io.hearth.table.Change;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tells which changes of the table are events, and what they say. */
public final class LiveEvents {
    private static final ChangeRecord.Visitor<Optional<FeedPage.Entry>> ENTRIES = new Entries();

    /** The event that a change is; null if it is none. Looks at the key only: what the event says is read when it is wanted. */
    FeedPage.@Nullable Entry entryOf(Change change) {
        ChangeRecord record = change instanceof Change.Stored stored ? ChangeRecord.of(stored.item()) : null;
        return record == null ? null : record.accept(ENTRIES).orElse(null);
    }

    private static final class Entries implements ChangeRecord.Visitor<Optional<FeedPage.Entry>> {
        @Override
        public Optional<FeedPage.Entry> run(ChangeRecord.Run run) {
            return Optional.of(new FeedPage.Entry(
                    run.item(), LiveEvent.Kind.READINGS, () -> new LiveEvent.Readings(run.device(), run.readings())));
        }

        /** Readings that were told when they came in as runs. */
        @Override
        public Optional<FeedPage.Entry> chunk(ChangeRecord.Chunk chunk) {
            return Optional.empty();
        }

        @Override
        public Optional<FeedPage.Entry> device(ChangeRecord.Device device) {
            return Optional.empty();
        }

        @Override
        public Optional<FeedPage.Entry> erased(ChangeRecord.Erased erased) {
            return Optional.empty();
        }

        @Override
        public Optional<FeedPage.Entry> shadow(ChangeRecord.Shadow shadow) {
            return Optional.of(new FeedPage.Entry(
                    shadow.item(), LiveEvent.Kind.SHADOWS, () -> new LiveEvent.ShadowChanged(shadow.shadow())));
        }

        @Override
        public Optional<FeedPage.Entry> presence(ChangeRecord.PresenceChange presence) {
            return Optional.of(new FeedPage.Entry(
                    presence.item(),
                    LiveEvent.Kind.PRESENCE,
                    () -> new LiveEvent.PresenceChanged(presence.presence())));
        }
    }
}
