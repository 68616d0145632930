package io.hearth.series.read;

import io.hearth.model.ReadingBlock;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** The segments of a scan as blocks; one is valid until the next one is asked for. */
public final class SeriesScan implements Iterator<ReadingBlock> {
    private final SegmentScan segments;
    private @Nullable ReadingBlock next;

    public SeriesScan(SegmentScan segments) {
        this.segments = segments;
    }

    @Override
    public boolean hasNext() {
        while (next == null) {
            if (!segments.hasNext()) {
                return false;
            }
            ReadingBlock block = segments.blockOf(segments.next());
            next = block.size() == 0 ? null : block;
        }
        return true;
    }

    @Override
    public ReadingBlock next() {
        if (!hasNext() || next == null) {
            throw new NoSuchElementException();
        }
        ReadingBlock block = next;
        next = null;
        return block;
    }
}
