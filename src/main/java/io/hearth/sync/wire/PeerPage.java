package io.hearth.sync.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of a peer as it arrived.
 *
 * @param aside lines that this build cannot read
 * @param next where to go on; null at the end of a segment
 * @param more whether there was more at once
 * @param behind how many changes lie behind; -1 if the peer did not count
 * @param clockMillis the peer's clock when it answered
 * @param bytes what was received
 */
public record PeerPage(
        List<SyncRecord> records,
        List<PutAside> aside,
        @Nullable String next,
        boolean more,
        long behind,
        long clockMillis,
        long bytes) {}
