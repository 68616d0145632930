package io.hearth.table.dynamodb;

import io.hearth.table.Key;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The order of the writes of each key: a write begins when those of the same key that came before it have ended. Writes of
 * different keys do not wait for each other.
 */
final class KeyTurns {
    /** When the last write of a key that has a write ends. */
    private final Map<Key, CompletableFuture<Void>> ends = new HashMap<>();

    private final Queue<Runnable> due = new ArrayDeque<>();
    private boolean starting;

    /** A turn of some keys, which begins when it is that of each. */
    final class Turn {
        private final List<Key> keys = new ArrayList<>();
        private final @Nullable CompletableFuture<Void> before;
        private final CompletableFuture<Void> end = new CompletableFuture<>();

        private Turn(@Nullable CompletableFuture<Void> before) {
            this.before = before;
        }

        List<Key> keys() {
            return keys;
        }

        /** Runs {@code start} now or when it is the turn. */
        void begin(Runnable start) {
            if (before == null) {
                start.run();
            } else {
                var unused = before.thenRun(() -> run(start));
            }
        }

        /** The next turns of the keys may begin. */
        void end() {
            synchronized (ends) {
                keys.forEach(key -> ends.remove(key, end));
            }
            end.complete(null);
        }
    }

    /**
     * Takes the next turn of each of these keys, all at once.
     *
     * @param most how many keys one turn may have
     * @return turns that begin and end independently; keys that wait for the same write share one
     */
    List<Turn> take(Collection<Key> keys, int most) {
        List<Turn> turns = new ArrayList<>();
        IdentityHashMap<@Nullable CompletableFuture<Void>, Turn> latest = new IdentityHashMap<>();
        synchronized (ends) {
            for (Key key : keys) {
                CompletableFuture<Void> before = ends.get(key);
                Turn turn = latest.get(before);
                if (turn == null || turn.keys.size() == most) {
                    turn = new Turn(before);
                    latest.put(before, turn);
                    turns.add(turn);
                }
                turn.keys.add(key);
                ends.put(key, turn.end);
            }
        }
        return turns;
    }

    /** One after the other: a start that fails at once ends its turn, and so might call the next, and that the next. */
    private void run(Runnable start) {
        synchronized (due) {
            due.add(start);
            if (starting) {
                return;
            }
            starting = true;
        }
        for (Runnable next = next(); next != null; next = next()) {
            next.run();
        }
    }

    private @Nullable Runnable next() {
        synchronized (due) {
            Runnable next = due.poll();
            starting = next != null;
            return next;
        }
    }
}
