/**
 * The chunk codec: the readings of one device's closed window as one compressed, checked byte string, and back. Pure; it
 * knows neither keys nor tables nor who calls it. {@link io.hearth.series.chunk.ChunkWriter} makes chunks,
 * {@link io.hearth.series.chunk.Chunk} reads them and describes the format.
 */
@NullMarked
package io.hearth.series.chunk;

import org.jspecify.annotations.NullMarked;
