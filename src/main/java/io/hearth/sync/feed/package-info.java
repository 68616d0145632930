/** The change feed as others ask for it: pages, and the wait for the next change. Knows nothing of HTTP. */
@NullMarked
package io.hearth.sync.feed;

import org.jspecify.annotations.NullMarked;
