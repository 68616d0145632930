package io.hearth.shadow;

import io.hearth.model.DeviceId;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/** Reads the items of a thing's shadows over as many pages as it takes. */
final class ShadowItems {
    private final Table table;

    ShadowItems(Table table) {
        this.table = table;
    }

    static Query query(DeviceId thing, SortRange range, Direction direction, int limit) {
        return new Query(thing.value(), range, direction, limit, null, Consistency.STRONG);
    }

    /** The first {@code limit} items that are wanted. */
    <T> Uni<List<T>> collect(Query query, int limit, Function<Item, T> decode, Predicate<T> wanted) {
        return collect(query, limit, decode, wanted, new ArrayList<>());
    }

    private <T> Uni<List<T>> collect(
            Query query, int limit, Function<Item, T> decode, Predicate<T> wanted, List<T> found) {
        return table.query(query).chain(page -> {
            page.items().stream()
                    .map(decode)
                    .filter(wanted)
                    .limit(limit - found.size())
                    .forEach(found::add);
            Cursor next = page.next();
            return next == null || found.size() >= limit
                    ? Uni.createFrom().item(found)
                    : collect(query.from(next), limit, decode, wanted, found);
        });
    }

    /** Works through a query page by page; the sum of what the pages counted. */
    Uni<Integer> forEachPage(Query query, Function<List<Item>, Uni<Integer>> work) {
        return table.query(query).chain(page -> {
            Uni<Integer> done = page.items().isEmpty() ? Uni.createFrom().item(0) : work.apply(page.items());
            Cursor next = page.next();
            return next == null
                    ? done
                    : done.chain(count -> forEachPage(query.from(next), work).map(more -> count + more));
        });
    }
}
