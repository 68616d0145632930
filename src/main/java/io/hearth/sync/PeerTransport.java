package io.hearth.sync;

import io.hearth.model.DeviceId;
import io.hearth.model.TimeRange;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one peer is asked. Blocks until the peer has answered; every call fails with {@link IOException} where the peer is not
 * reached or its answer is not whole, and may be repeated then.
 */
public interface PeerTransport extends AutoCloseable {
    /** Segments that a peer may cut its snapshot into: how far each was taken is stored with every page. */
    int MAX_SEGMENTS = 4096;

    /** Characters of a place in a feed or a snapshot. */
    int MAX_PLACE_LENGTH = 8192;

    /**
     * Where a peer's feed is.
     *
     * @param region which region answers
     * @param changes the place in its feed behind every change so far
     * @param segments in how many parts its snapshot is best taken
     */
    record Start(String region, String changes, int segments) {}

    /**
     * A page as it arrived.
     *
     * @param aside lines that this build cannot read
     * @param next where to go on; null at the end of a segment
     * @param more whether there was more at once
     * @param behind how many changes lie behind; -1 if the peer did not count
     * @param clockMillis the peer's clock when it answered
     * @param bytes what was received
     */
    record Answer(
            List<SyncRecord> records,
            List<PutAside> aside,
            @Nullable String next,
            boolean more,
            long behind,
            long clockMillis,
            long bytes) {}

    /** The peer does not keep the changes behind that place any more, or never gave it out. */
    final class PlaceGoneException extends IOException {
        private static final long serialVersionUID = 1L;

        public PlaceGoneException(String message) {
            super(message);
        }
    }

    Start start() throws IOException;

    /**
     * The changes behind a place.
     *
     * @param wait how long the peer may wait for one if there is none
     * @throws PlaceGoneException take a snapshot instead
     */
    Answer changes(String after, int limit, Duration wait) throws IOException;

    /**
     * A part of a segment of a snapshot.
     *
     * @param after null begins
     * @throws PlaceGoneException begin the segment again
     */
    Answer snapshot(int segment, int segments, @Nullable String after) throws IOException;

    /**
     * What the days of the devices and the shadows of a segment come to at the peer.
     *
     * @param tombstonesFromMillis older tombstones of shadows are passed over, in epoch milliseconds
     */
    Verification.Digests digests(int segment, int segments, TimeRange range, long tombstonesFromMillis)
            throws IOException;

    /**
     * The document that the peer has of a shadow; no record if it has none.
     *
     * @param name empty for the classic shadow
     */
    Answer shadow(DeviceId thing, String name) throws IOException;

    /** All that the peer has of a day of a device. */
    Answer window(DeviceId device, long startMicros) throws IOException;

    @Override
    void close();
}
