package io.hearth.table;

import static io.hearth.table.TableFixture.await;
import static io.hearth.table.TableFixture.eventually;
import static io.hearth.table.TableFixture.indexed;
import static io.hearth.table.TableFixture.item;
import static io.hearth.table.TableFixture.key;
import static io.hearth.table.TableFixture.versioned;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

interface ChangesContract extends TableFixture {
    @Test
    default void changes_nothingNew_isEmptyAndGoesOnLater() {
        Cursor now = await(table().changesFrom(ChangeStart.NOW));

        ChangePage page = await(table().changes(now, 10));
        assertThat(page.changes()).isEmpty();

        store(item(key("d", 1), "x"));
        assertThat(changesUntil(page.next(), 1)).containsExactly(new Change.Stored(item(key("d", 1), "x")));
    }

    @Test
    default void changes_fromNow_leavesOutWhatWasBefore() {
        store(item(key("d", 1), "before"));
        Cursor now = await(table().changesFrom(ChangeStart.NOW));

        store(item(key("d", 2), "after"));

        assertThat(changesUntil(now, 1)).containsExactly(new Change.Stored(item(key("d", 2), "after")));
    }

    @Test
    default void changes_fromOldest_hasPutsAndDeletesInOrderOfTheirKey() {
        Key key = key("d", 1);
        Item first = item(key, "1");
        Item second = indexed(key, "2", "home", "a");
        Item third = versioned(key, "3", 3);
        store(first);
        store(second);
        remove(key);
        await(table().put(third, Condition.absent()));
        await(table().delete(key, Condition.version(3)));

        Cursor oldest = await(table().changesFrom(ChangeStart.OLDEST));

        assertThat(changesUntil(oldest, 5))
                .containsExactly(
                        new Change.Stored(first),
                        new Change.Stored(second),
                        new Change.Removed(key),
                        new Change.Stored(third),
                        new Change.Removed(key));
    }

    @Test
    default void changes_failedCondition_isNone() {
        Cursor now = await(table().changesFrom(ChangeStart.NOW));
        store(item(key("d", 1), "x"));
        assertThatThrownBy(() -> await(table().put(item(key("d", 1), "y"), Condition.absent())))
                .isInstanceOf(ConditionFailedException.class);
        store(item(key("d", 2), "last"));

        assertThat(changesUntil(now, 2))
                .containsExactlyInAnyOrder(
                        new Change.Stored(item(key("d", 1), "x")), new Change.Stored(item(key("d", 2), "last")));
    }

    @Test
    default void changes_resumed_areEachSeenOnce() {
        Cursor cursor = await(table().changesFrom(ChangeStart.NOW));
        List<Change> expected = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            store(item(key("d", i), "x"));
            expected.add(new Change.Stored(item(key("d", i), "x")));
        }
        List<Change> found = new ArrayList<>();

        while (found.size() < expected.size()) {
            ChangePage page = await(table().changes(cursor, 3));
            assertThat(await(table().changes(cursor, 3)).changes())
                    .startsWith(page.changes().toArray(Change[]::new));
            found.addAll(page.changes());
            cursor = page.next();
        }

        assertThat(found).containsExactlyElementsOf(expected);
        assertThat(await(table().changes(cursor, 3)).changes()).isEmpty();
    }

    @Test
    default void changes_malformedCursor_isInvalid() {
        for (String bad : List.of("", "nonsense", "AAAAAAAA", "!!")) {
            assertThatThrownBy(() -> await(table().changes(new Cursor(bad), 1)))
                    .isInstanceOf(InvalidCursorException.class);
        }
    }

    /** Follows the feed until it gave at least {@code count} changes; an engine may show them late. */
    private List<Change> changesUntil(Cursor start, int count) {
        List<Change> found = new ArrayList<>();
        Cursor[] cursor = {start};
        eventually(() -> {
            ChangePage page = await(table().changes(cursor[0], 100));
            found.addAll(page.changes());
            cursor[0] = page.next();
            assertThat(found).hasSizeGreaterThanOrEqualTo(count);
        });
        return found;
    }
}
