/**
 * Streams and files of readings on their way in: cut into pieces that are decoded and stored side by side, with a bound on
 * what is in memory. Knows nothing of HTTP; a body comes as a stream of bytes.
 */
@NullMarked
package io.hearth.ingest.bulk;

import org.jspecify.annotations.NullMarked;
