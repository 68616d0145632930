package io.hearth.table.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.table.Bytes;
import io.hearth.table.Key;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class KeyTurnsTest {
    private final KeyTurns turns = new KeyTurns();
    private final List<String> begun = new ArrayList<>();

    @Test
    void begin_turnsOfOneKey_waitForTheEndOfTheOneBefore() {
        KeyTurns.Turn first = take("a");
        KeyTurns.Turn second = take("a");
        KeyTurns.Turn third = take("a");
        begin(third, "third");
        begin(second, "second");
        begin(first, "first");
        assertThat(begun).containsExactly("first");

        first.end();
        assertThat(begun).containsExactly("first", "second");

        second.end();
        assertThat(begun).containsExactly("first", "second", "third");
    }

    @Test
    void begin_turnsOfOtherKeys_doNotWait() {
        begin(take("a"), "a");
        begin(take("b"), "b");

        assertThat(begun).containsExactly("a", "b");
    }

    @Test
    void take_someKeysFree_theseDoNotWaitForTheOthers() {
        KeyTurns.Turn held = take("a");

        List<KeyTurns.Turn> mixed = turns.take(keys("a", "b", "c"), 25);

        assertThat(mixed).extracting(KeyTurns.Turn::keys).containsExactly(keys("a"), keys("b", "c"));
        mixed.forEach(turn -> begin(turn, turn.keys().toString()));
        assertThat(begun).containsExactly(keys("b", "c").toString());
        held.end();
        assertThat(begun).hasSize(2);
    }

    @Test
    void take_moreKeysThanATurnMayHave_makesSeveral() {
        assertThat(turns.take(keys("a", "b", "c"), 2))
                .extracting(KeyTurns.Turn::keys)
                .containsExactly(keys("a", "b"), keys("c"));
    }

    @Test
    void end_lastTurnOfAKey_leavesItFree() {
        take("a").end();

        begin(take("a"), "again");

        assertThat(begun).containsExactly("again");
    }

    @Test
    void end_manyTurnsThatEndAtOnce_doNotNest() {
        KeyTurns.Turn first = take("a");
        int count = 100_000;
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            KeyTurns.Turn next = take("a");
            next.begin(() -> {
                order.add(number);
                next.end();
            });
        }

        first.end();

        assertThat(order).isEqualTo(IntStream.range(0, count).boxed().toList());
    }

    private KeyTurns.Turn take(String key) {
        return turns.take(keys(key), 25).get(0);
    }

    private void begin(KeyTurns.Turn turn, String name) {
        turn.begin(() -> begun.add(name));
    }

    private static List<Key> keys(String... names) {
        return Stream.of(names)
                .map(name -> new Key(name, Bytes.wrap(new byte[1])))
                .toList();
    }
}
