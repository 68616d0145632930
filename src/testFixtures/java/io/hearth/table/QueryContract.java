package io.hearth.table;

import static io.hearth.table.TableFixture.all;
import static io.hearth.table.TableFixture.await;
import static io.hearth.table.TableFixture.bytes;
import static io.hearth.table.TableFixture.item;
import static io.hearth.table.TableFixture.key;
import static io.hearth.table.TableFixture.next;
import static io.hearth.table.TableFixture.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

interface QueryContract extends TableFixture {
    @Test
    default void query_emptyPartition_isEmpty() {
        store(item(key("d", 1), "x"));

        Page page = await(table().query(all("e")));

        assertThat(page.items()).isEmpty();
        assertThat(page.next()).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 10, 11, 1000})
    default void query_anyLimit_pagesTogetherAreTheWhole(int limit) {
        List<Item> items =
                IntStream.range(0, 10).mapToObj(i -> item(key("d", i), "" + i)).toList();
        store(items.toArray(Item[]::new));
        store(item(key("c", 1), "before"), item(key("e", 1), "behind"));

        assertThat(readAll(query("d", SortRange.ALL, Direction.ASCENDING, limit)))
                .isEqualTo(items);
        assertThat(readAll(query("d", SortRange.ALL, Direction.DESCENDING, limit)))
                .isEqualTo(reversed(items));
    }

    @Test
    default void query_range_isHalfOpenInBothDirections() {
        List<Item> items =
                IntStream.range(0, 10).mapToObj(i -> item(key("d", i), "" + i)).toList();
        store(items.toArray(Item[]::new));
        Bytes three = items.get(3).key().sortKey();
        Bytes six = items.get(6).key().sortKey();

        for (int limit : new int[] {1, 2, 100}) {
            assertThat(readAll(query("d", new SortRange(three, six), Direction.ASCENDING, limit)))
                    .isEqualTo(items.subList(3, 6));
            assertThat(readAll(query("d", new SortRange(three, six), Direction.DESCENDING, limit)))
                    .isEqualTo(reversed(items.subList(3, 6)));
            assertThat(readAll(query("d", new SortRange(six, null), Direction.ASCENDING, limit)))
                    .isEqualTo(items.subList(6, 10));
            assertThat(readAll(query("d", new SortRange(null, three), Direction.DESCENDING, limit)))
                    .isEqualTo(reversed(items.subList(0, 3)));
        }
        assertThat(readAll(query("d", new SortRange(three, three), Direction.ASCENDING, 9)))
                .isEmpty();
        assertThat(readAll(query("d", new SortRange(six, three), Direction.DESCENDING, 9)))
                .isEmpty();
        assertThat(readAll(query("d", SortRange.prefix(bytes("00000")), Direction.ASCENDING, 4)))
                .isEqualTo(items);
        assertThat(readAll(query("d", SortRange.prefix(bytes("1")), Direction.ASCENDING, 4)))
                .isEmpty();
    }

    @Test
    default void query_anyBytes_areInUnsignedOrder() {
        List<Bytes> sortKeys = List.of(
                bytes(0x00),
                bytes(0x00, 0x00),
                bytes(0x00, 0xFF),
                bytes(0x01),
                bytes(0x7F),
                bytes(0x80),
                bytes(0xFE, 0xFF),
                bytes(0xFF),
                bytes(0xFF, 0x00),
                bytes(0xFF, 0xFF),
                bytes(0xFF, 0xFF, 0xFF));
        List<Item> items = sortKeys.stream()
                .map(sort -> Item.of(new Key("d", sort), bytes("x")))
                .toList();
        List<Item> shuffled = new ArrayList<>(items);
        Collections.reverse(shuffled);
        store(shuffled.toArray(Item[]::new));

        assertThat(readAll(query("d", SortRange.ALL, Direction.ASCENDING, 2))).isEqualTo(items);
        assertThat(readAll(query("d", SortRange.ALL, Direction.DESCENDING, 2))).isEqualTo(reversed(items));
        for (int i = 0; i < items.size(); i++) {
            assertThat(readAll(query("d", new SortRange(sortKeys.get(i), null), Direction.ASCENDING, 3)))
                    .isEqualTo(items.subList(i, items.size()));
            assertThat(readAll(query("d", new SortRange(null, sortKeys.get(i)), Direction.DESCENDING, 3)))
                    .isEqualTo(reversed(items.subList(0, i)));
        }
    }

    @Test
    default void query_similarPartitions_stayApart() {
        List<String> partitions = List.of("a", "ab", "a\u0000", "a\u0000b", "b", "é", "e\u0301", "日本", "😀", "A");
        for (String partition : partitions) {
            store(item(key(partition, "b"), partition), item(key(partition, "\u0000"), partition));
        }

        for (String partition : partitions) {
            assertThat(readAll(all(partition)))
                    .containsExactly(item(key(partition, "\u0000"), partition), item(key(partition, "b"), partition));
            assertThat(read(key(partition, "b"))).contains(item(key(partition, "b"), partition));
        }
    }

    @Test
    default void query_manyBytes_endsPagesEarly() {
        List<Item> items = IntStream.range(0, 12)
                .mapToObj(i -> Item.of(key("d", i), Bytes.wrap(filled(300_000, i))))
                .toList();
        store(items.toArray(Item[]::new));

        Page first = await(table().query(query("d", SortRange.ALL, Direction.ASCENDING, 100)));

        assertThat(first.items()).hasSizeBetween(1, 11);
        assertThat(readAll(query("d", SortRange.ALL, Direction.ASCENDING, 100))).isEqualTo(items);
        assertThat(readAll(query("d", SortRange.ALL, Direction.DESCENDING, 100)))
                .isEqualTo(reversed(items));
    }

    @Test
    default void query_itemWrittenBehindCursor_isSeenOnTheNextPage() {
        store(item(key("d", 1), "x"), item(key("d", 3), "x"), item(key("d", 5), "x"));
        Query query = query("d", SortRange.ALL, Direction.ASCENDING, 2);
        Page first = await(table().query(query));

        store(item(key("d", 2), "late"), item(key("d", 4), "x"));
        remove(key("d", 3));

        assertThat(readAll(query.from(next(first)))).containsExactly(item(key("d", 4), "x"), item(key("d", 5), "x"));
    }

    @Test
    default void query_cursorOfAnotherRequest_isInvalid() {
        for (int i = 0; i < 5; i++) {
            store(item(key("d", i), "x"), item(key("e", i), "x"));
        }
        Query query = query("d", SortRange.ALL, Direction.ASCENDING, 2);
        Cursor cursor = next(await(table().query(query)));

        for (Query other : List.of(
                query("e", SortRange.ALL, Direction.ASCENDING, 2),
                query("d", SortRange.ALL, Direction.DESCENDING, 2),
                query("d", new SortRange(bytes("0"), null), Direction.ASCENDING, 2))) {
            assertThatThrownBy(() -> await(table().query(other.from(cursor))))
                    .isInstanceOf(InvalidCursorException.class);
        }
        assertThatThrownBy(() -> await(table().queryIndex(query.from(cursor))))
                .isInstanceOf(InvalidCursorException.class);
        assertThatThrownBy(() -> await(table().scan(new Scan(0, 1, 2, cursor))))
                .isInstanceOf(InvalidCursorException.class);
        assertThatThrownBy(() -> await(table().changes(cursor, 2))).isInstanceOf(InvalidCursorException.class);
    }

    @Test
    default void query_malformedCursor_isInvalid() {
        for (int i = 0; i < 5; i++) {
            store(item(key("d", i), "x"));
        }
        Query query = query("d", SortRange.ALL, Direction.ASCENDING, 2);
        String good = next(await(table().query(query))).value();
        assertThat(good).matches("[A-Za-z0-9_-]+");

        String changed = (good.charAt(8) == 'A' ? "B" : "A") + good.substring(9);
        for (String bad : List.of(
                "",
                "?",
                "a",
                "AAAA",
                good + "A",
                good + "=",
                good.substring(1),
                good.substring(0, 8) + changed,
                "x".repeat(100_000))) {
            assertThatThrownBy(() -> await(table().query(query.from(new Cursor(bad)))))
                    .as(bad)
                    .isInstanceOf(InvalidCursorException.class);
        }
    }

    static <T> List<T> reversed(List<T> list) {
        List<T> reversed = new ArrayList<>(list);
        Collections.reverse(reversed);
        return reversed;
    }

    private static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }
}
