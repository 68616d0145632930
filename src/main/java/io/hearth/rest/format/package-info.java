/**
 * Readings and values as bytes of JSON, CSV and NDJSON, written by hand: a range is hundreds of thousands of numbers, and
 * an object per point would cost more than reading them from disk. Knows nothing of HTTP.
 */
@NullMarked
package io.hearth.rest.format;

import org.jspecify.annotations.NullMarked;
