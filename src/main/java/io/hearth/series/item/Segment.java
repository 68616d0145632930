package io.hearth.series.item;

import io.hearth.model.ReadingBlock;
import io.hearth.model.WriteStamp;
import io.hearth.series.chunk.Chunk;

/** A part of a scan, in one of the two forms in which readings come. */
public sealed interface Segment {

    /**
     * A chunk as it is stored: all of it lies in the range, nothing in it has expired, and nothing else has readings between
     * its first and its last. What its header says can be answered without decoding it.
     */
    record Sealed(Chunk chunk) implements Segment {}

    /**
     * Readings that had to be merged, or cut to the range.
     *
     * @param builder that has built the block
     */
    record Open(ReadingBlock block, BlockBuilder builder) implements Segment {
        /** The stamp of the write that brought the last value of a column, which is in {@code row}. */
        public WriteStamp stampOfLast(int column, int row) {
            return builder.stampOfLast(column, row);
        }
    }
}
