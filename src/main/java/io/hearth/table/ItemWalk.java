package io.hearth.table;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** The items of a query or scan one after the other, holding a page at a time. Blocks until a page is there. */
public final class ItemWalk implements Iterator<Item> {
    private static final int GROWTH = 4;

    private final Table table;
    private final int laterPageItems;

    /** What to ask for the next page; both are null when there is no more. */
    private @Nullable Query query;

    private @Nullable Scan scan;
    private List<Item> page = List.of();
    private int at;
    private int pages;

    /**
     * A walk along a partition, in pages of the query's limit.
     *
     * @see Table#query
     */
    public ItemWalk(Table table, Query query) {
        this(table, query, query.limit());
    }

    /** @param laterPageItems how many items later pages may have; they grow to that, as many walks end soon */
    public ItemWalk(Table table, Query query, int laterPageItems) {
        this.table = table;
        this.query = query;
        this.laterPageItems = laterPageItems;
    }

    /**
     * A walk along a segment of the table.
     *
     * @see Table#scan
     */
    public ItemWalk(Table table, Scan scan) {
        this.table = table;
        this.scan = scan;
        this.laterPageItems = scan.limit();
    }

    @Override
    public boolean hasNext() {
        while (at == page.size()) {
            if (query != null) {
                page = nextOf(query);
            } else if (scan != null) {
                page = nextOf(scan);
            } else {
                return false;
            }
            at = 0;
            pages++;
        }
        return true;
    }

    private List<Item> nextOf(Query asked) {
        Page fetched = Blocking.await(table.query(asked));
        Cursor cursor = fetched.next();
        query = cursor == null
                ? null
                : asked.from(cursor, Math.max(asked.limit(), Math.min(laterPageItems, asked.limit() * GROWTH)));
        return fetched.items();
    }

    private List<Item> nextOf(Scan asked) {
        Page fetched = Blocking.await(table.scan(asked));
        Cursor cursor = fetched.next();
        scan = cursor == null ? null : asked.from(cursor);
        return fetched.items();
    }

    /** How many pages have been read so far. */
    public int pages() {
        return pages;
    }

    public Item peek() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return page.get(at);
    }

    @Override
    public Item next() {
        Item item = peek();
        at++;
        return item;
    }
}
