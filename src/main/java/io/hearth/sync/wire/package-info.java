/** What regions exchange, and how it is written: records as lines, pages, digests; how a peer is asked. */
@NullMarked
package io.hearth.sync.wire;

import org.jspecify.annotations.NullMarked;
