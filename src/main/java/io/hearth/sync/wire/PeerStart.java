package io.hearth.sync.wire;

/**
 * Where a peer's feed is.
 *
 * @param region which region answers
 * @param changes the place in its feed behind every change so far
 * @param segments in how many parts its snapshot is best taken
 */
public record PeerStart(String region, String changes, int segments) {}
