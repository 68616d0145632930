package io.hearth.series;

import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.Table;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Walks the readings of a range block by block, holding a page of the table at a time. Blocks until a page is there, so use
 * it on a thread that may.
 */
final class SeriesScan implements Iterator<ReadingBlock> {
    /** Runs of the first page: many callers want only a few readings. A block is cut at the next slot behind a page. */
    private static final int FIRST_PAGE_ITEMS = 128;

    private static final int PAGE_ITEMS = 2048;

    private final Table table;
    private final TimeRange range;
    private final Set<String> metrics;
    private final boolean descending;
    private final long nowMicros;

    private @Nullable Query query;
    private List<Item> page = List.of();
    private int at;
    private int blockItems = FIRST_PAGE_ITEMS;
    private @Nullable ReadingBlock next;
    private long shortestKeptMicros = Long.MAX_VALUE;

    SeriesScan(
            Table table,
            DeviceId device,
            TimeRange range,
            Set<String> metrics,
            Direction direction,
            Consistency consistency,
            long nowMicros) {
        this.table = table;
        this.range = range;
        this.metrics = metrics;
        this.nowMicros = nowMicros;
        descending = direction == Direction.DESCENDING;
        query = range.isEmpty()
                ? null
                : new Query(
                        device.value(),
                        SeriesKeys.runs(range.startMicros(), range.endMicros()),
                        direction,
                        FIRST_PAGE_ITEMS,
                        null,
                        consistency);
    }

    @Override
    public boolean hasNext() {
        while (next == null) {
            List<Item> runs = nextSlots();
            if (runs.isEmpty()) {
                return false;
            }
            if (descending) {
                Collections.reverse(runs);
            }
            BlockBuilder builder = new BlockBuilder(metrics, runs.size());
            for (Item run : runs) {
                builder.addRun(run, range.startMicros(), range.endMicros(), nowMicros);
            }
            shortestKeptMicros = Math.min(shortestKeptMicros, builder.shortestKeptMicros());
            ReadingBlock block = builder.build();
            next = block.size() == 0 ? null : block;
            blockItems = PAGE_ITEMS;
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

    /** How long after its device time the shortest-lived reading so far is kept; {@link Long#MAX_VALUE} for ever. */
    long shortestKeptMicros() {
        return shortestKeptMicros;
    }

    /** The runs of about a page, whole slots of them, as no run crosses a slot; none at the end. */
    private List<Item> nextSlots() {
        List<Item> runs = new ArrayList<>();
        long slot = 0;
        while (true) {
            if (at == page.size() && !fetch()) {
                return runs;
            }
            Item item = page.get(at);
            long itsSlot = SeriesKeys.slotStart(
                    SeriesKeys.runFirstTimeMicros(item.key().sortKey()));
            if (runs.size() >= blockItems && itsSlot != slot) {
                return runs;
            }
            slot = itsSlot;
            runs.add(item);
            at++;
        }
    }

    private boolean fetch() {
        while (query != null) {
            Page fetched = table.query(query).await().indefinitely();
            Cursor cursor = fetched.next();
            query = cursor == null ? null : query.from(cursor, PAGE_ITEMS);
            page = fetched.items();
            at = 0;
            if (!page.isEmpty()) {
                return true;
            }
        }
        return false;
    }
}
