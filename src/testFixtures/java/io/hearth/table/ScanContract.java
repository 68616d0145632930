package io.hearth.table;

import static io.hearth.table.TableFixture.await;
import static io.hearth.table.TableFixture.bytes;
import static io.hearth.table.TableFixture.item;
import static io.hearth.table.TableFixture.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

interface ScanContract extends TableFixture {
    @Test
    default void scan_emptyTable_isEmpty() {
        assertThat(scanAll(0, 1, 10)).isEmpty();
        assertThat(scanAll(4095, 4096, 10)).isEmpty();
    }

    @Test
    default void scan_segments_partitionTheTable() {
        List<Item> items = new ArrayList<>();
        for (int device = 0; device < 50; device++) {
            for (int i = 0; i < 4; i++) {
                items.add(item(key("device " + device, i), "x"));
            }
        }
        store(items.toArray(Item[]::new));

        for (int segments : new int[] {1, 2, 3, 16}) {
            List<Item> found = new ArrayList<>();
            Set<String> partitions = new HashSet<>();
            for (int segment = 0; segment < segments; segment++) {
                List<Item> part = scanAll(segment, segments, 7);
                assertWholePartitions(part, partitions);
                found.addAll(part);
            }
            assertThat(found).containsExactlyInAnyOrderElementsOf(items);
        }
    }

    /** Each partition comes once, in one piece, in the order of its sort keys, and in one segment only. */
    private static void assertWholePartitions(List<Item> part, Set<String> partitions) {
        String partition = "";
        for (int i = 0; i < part.size(); i++) {
            Key key = part.get(i).key();
            if (key.partitionKey().equals(partition)) {
                assertThat(key.sortKey()).isGreaterThan(part.get(i - 1).key().sortKey());
            } else {
                partition = key.partitionKey();
                assertThat(partitions.add(partition)).as(partition).isTrue();
            }
        }
    }

    @Test
    default void scan_manyBytes_endsPagesEarly() {
        byte[] body = new byte[300_000];
        for (int i = 0; i < 10; i++) {
            store(Item.of(key("d" + i % 2, i), Bytes.wrap(body)));
        }

        assertThat(await(table().scan(new Scan(0, 1, 100, null))).items()).hasSizeLessThan(10);
        assertThat(scanAll(0, 1, 100)).hasSize(10);
    }

    @Test
    default void scan_foreignCursor_isInvalid() {
        for (int i = 0; i < 20; i++) {
            store(Item.of(key("d" + i, i), bytes("x")));
        }
        Cursor cursor = await(table().scan(new Scan(0, 1, 5, null))).next();

        for (Scan scan : List.of(
                new Scan(0, 2, 5, cursor), new Scan(1, 2, 5, cursor), new Scan(0, 1, 5, new Cursor("nonsense")))) {
            assertThatThrownBy(() -> await(table().scan(scan))).isInstanceOf(InvalidCursorException.class);
        }
    }
}
