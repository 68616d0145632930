package io.hearth.live;

import io.hearth.table.Cursor;
import org.jspecify.annotations.Nullable;

/**
 * Whoever follows the feed, over whatever transport. Called on the thread of the feed only, so nothing may block: what does
 * not fit is asked for again when there is room, and until then nobody keeps it for the listener.
 */
public interface LiveListener {
    /** Whether there is nobody to tell any more. */
    boolean isGone();

    /** Whether there is room for more; when there is again, {@link LiveFeed#wake} is to be called. */
    boolean isReady();

    /**
     * An event.
     *
     * @param json what to tell; shared, so not to be changed
     * @param resumeAt where to go on when everything up to this has arrived; null where it is still where it was
     */
    void event(LiveEvent.Kind kind, byte[] json, @Nullable Cursor resumeAt);

    /** Changes in between are no longer kept, so they were not told; it goes on behind {@code resumeAt}. */
    void missed(Cursor resumeAt);

    /** Nothing to tell for a while; everything up to {@code resumeAt} has been. */
    void alive(Cursor resumeAt);

    /** Sends what was told since the last flush. */
    void flush();

    /** What was told and flushed and has not been taken yet, in bytes. */
    long waitingBytes();

    /** It has had no room for so long that it is not waited for any more. Forgets what it has not taken. */
    void cut();

    /** The feed ends with the service. */
    void end();
}
