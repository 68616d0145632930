package io.hearth.rest.readings;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.rest.format.ReadingsWriter;
import io.hearth.table.Direction;
import java.io.IOException;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * A page of a range: at most a number of readings, handed on as they are read.
 *
 * @param blocks what was found, in the order asked for; consumed
 * @param range what was asked for
 * @param limit the most readings, at least 1
 * @param maxBytes ends the page when it would hold about as much in memory
 */
record ReadingsPage(Iterator<ReadingBlock> blocks, TimeRange range, Direction direction, int limit, long maxBytes) {
    /** Takes the readings of a page. */
    interface Sink {
        /** As {@link ReadingsWriter#block}. */
        void block(ReadingBlock block, int first, int last) throws IOException;
    }

    /** Hands the page to {@code sink}; answers what is left of the range behind it, null if nothing is. */
    @Nullable
    TimeRange drainTo(Sink sink) throws IOException {
        boolean ascending = direction == Direction.ASCENDING;
        int left = limit;
        long bytes = 0;
        while (blocks.hasNext()) {
            ReadingBlock block = blocks.next();
            int take = Math.min(left, block.size());
            if (take == 0) {
                continue;
            }
            int first = ascending ? 0 : block.size() - 1;
            int last = ascending ? take - 1 : block.size() - take;
            sink.block(block, first, last);
            left -= take;
            bytes += bytesOf(block);
            if (left == 0 || bytes >= maxBytes) {
                boolean more = take < block.size() || hasMore();
                return more ? behind(block.timesMicros()[last]) : null;
            }
        }
        return null;
    }

    /** What is left of the range behind a reading at {@code micros}. */
    private TimeRange behind(long micros) {
        return direction == Direction.ASCENDING
                ? new TimeRange(micros + 1, range.endMicros())
                : new TimeRange(range.startMicros(), micros);
    }

    private boolean hasMore() {
        while (blocks.hasNext()) {
            if (blocks.next().size() > 0) {
                return true;
            }
        }
        return false;
    }

    /** About what a block holds in memory. */
    static long bytesOf(ReadingBlock block) {
        long bytes = 8L * block.size();
        for (Column column : block.columns()) {
            bytes += 9L * block.size();
            @Nullable String[] texts = column.texts();
            if (texts != null) {
                for (int i = 0; i < block.size(); i++) {
                    String text = texts[i];
                    bytes += text == null ? 4 : 48 + text.length();
                }
            }
        }
        return bytes;
    }
}
