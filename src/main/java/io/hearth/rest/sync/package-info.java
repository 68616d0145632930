/** What regions tell each other: changes, snapshots, comparison; and the peers of this one. */
@NullMarked
package io.hearth.rest.sync;

import org.jspecify.annotations.NullMarked;
