/** Payload bytes to readings: pure functions, one class per format, which know nothing of topics, tables or time windows. */
@NullMarked
package io.hearth.codec;

import org.jspecify.annotations.NullMarked;
