/**
 * Regions that converge. Serves what changed here as a feed of records and everything as a snapshot, pulls both from peers,
 * and takes in what comes: readings, devices, erasures and shadows, by the rules of the rooms that keep them. RATIONALE.md
 * says why it is done this way. It must not know which engine the table has, nor how peers are reached: that is
 * {@link io.hearth.sync.wire.PeerTransport}.
 */
@NullMarked
package io.hearth.sync;

import org.jspecify.annotations.NullMarked;
