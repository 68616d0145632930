package io.hearth.sync.wire;

import io.hearth.model.DeviceId;
import io.hearth.model.TimeRange;
import java.io.IOException;
import java.time.Duration;
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

    /** The peer does not keep the changes behind that place any more, or never gave it out. */
    final class PlaceGoneException extends IOException {
        private static final long serialVersionUID = 1L;

        public PlaceGoneException(String message) {
            super(message);
        }
    }

    PeerStart start() throws IOException;

    /**
     * The changes behind a place.
     *
     * @param wait how long the peer may wait for one if there is none
     * @throws PlaceGoneException take a snapshot instead
     */
    PeerPage changes(String after, int limit, Duration wait) throws IOException;

    /**
     * A part of a segment of a snapshot.
     *
     * @param after null begins
     * @throws PlaceGoneException begin the segment again
     */
    PeerPage snapshot(int segment, int segments, @Nullable String after) throws IOException;

    /**
     * What the days of the devices and the shadows of a segment come to at the peer.
     *
     * @param tombstonesFromMillis older tombstones of shadows are passed over, in epoch milliseconds
     */
    PeerDigests digests(int segment, int segments, TimeRange range, long tombstonesFromMillis) throws IOException;

    /**
     * The document that the peer has of a shadow; no record if it has none.
     *
     * @param name empty for the classic shadow
     */
    PeerPage shadow(DeviceId thing, String name) throws IOException;

    /** All that the peer has of a day of a device. */
    PeerPage window(DeviceId device, long startMicros) throws IOException;

    @Override
    void close();
}
