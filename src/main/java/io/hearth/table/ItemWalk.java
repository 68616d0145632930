package io.hearth.table;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** The items of a query one after the other, holding a page at a time. Blocks until a page is there. */
public final class ItemWalk implements Iterator<Item> {
    private static final int GROWTH = 4;

    private final Table table;
    private final int laterPageItems;
    private @Nullable Query query;
    private List<Item> page = List.of();
    private int at;
    private int pages;

    /** @param laterPageItems how many items later pages may have; they grow to that, as many walks end soon */
    public ItemWalk(Table table, Query query, int laterPageItems) {
        this.table = table;
        this.query = query;
        this.laterPageItems = laterPageItems;
    }

    @Override
    public boolean hasNext() {
        while (at == page.size() && query != null) {
            Page fetched = table.query(query).await().indefinitely();
            Cursor cursor = fetched.next();
            query = cursor == null
                    ? null
                    : query.from(cursor, Math.max(query.limit(), Math.min(laterPageItems, query.limit() * GROWTH)));
            page = fetched.items();
            at = 0;
            pages++;
        }
        return at < page.size();
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
