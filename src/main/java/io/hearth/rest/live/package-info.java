/** What changes, as it changes: the event stream, and who is connected. */
@NullMarked
package io.hearth.rest.live;

import org.jspecify.annotations.NullMarked;
