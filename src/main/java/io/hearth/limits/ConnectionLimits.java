package io.hearth.limits;

import java.time.Duration;

/**
 * How many connections there may be, and what those may hold that have not signed in.
 *
 * @param connections of all listeners together
 * @param perAddress from one address
 * @param unauthenticated that have not signed in
 * @param unauthenticatedPerAddress of these, from one address
 * @param unauthenticatedBytes received from these and not used up by a request, in all
 * @param signIn how long the beginning of a request or a CONNECT may take, from its first byte
 * @param unread how long a peer may take nothing of what waits for it
 */
public record ConnectionLimits(
        int connections,
        int perAddress,
        int unauthenticated,
        int unauthenticatedPerAddress,
        long unauthenticatedBytes,
        Duration signIn,
        Duration unread) {
    /** Holds nobody up. */
    static final ConnectionLimits NONE = new ConnectionLimits(
            Integer.MAX_VALUE,
            Integer.MAX_VALUE,
            Integer.MAX_VALUE,
            Integer.MAX_VALUE,
            Long.MAX_VALUE,
            Duration.ofDays(1),
            Duration.ofDays(1));
}
