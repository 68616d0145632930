package io.hearth.shadow;

import io.hearth.shadow.document.ShadowId;
import io.hearth.table.ConditionFailedException;
import io.hearth.table.Consistency;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Table;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Changes shadows in the table. Each write is conditional on the item that it was decided on, and decided again when another
 * writer came first, so no update is lost, however many processes write.
 */
final class ShadowWriter {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(2);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(100);
    private static final long PATIENCE_MILLIS = 30_000;

    private final Table table;
    private final ShadowHistory history;
    private final TombstoneRetention retention;

    ShadowWriter(Table table, ShadowHistory history, TombstoneRetention retention) {
        this.table = table;
        this.history = history;
        this.retention = retention;
    }

    /**
     * What to answer, and what to store in place of what is there; null to store nothing.
     *
     * @param keepsLast whether the change that is the last one until then moves to the history
     */
    record Decision<T>(T answer, @Nullable StoredShadow next, boolean keepsLast) {}

    /** A decision that keeps the last change. */
    static <T> Uni<Decision<T>> decided(T answer, @Nullable StoredShadow next) {
        return Uni.createFrom().item(new Decision<>(answer, next, true));
    }

    /** A shadow as it is stored. */
    Uni<StoredShadow> stored(ShadowId id) {
        return table.get(ShadowKeys.document(id), Consistency.STRONG)
                .map(item -> item.map(StoredShadow::of).orElseGet(() -> StoredShadow.none(id)));
    }

    /** Reads, decides, and writes on condition that what was read is still there; else all over again. */
    <T> Uni<T> change(ShadowId id, Function<StoredShadow, Uni<Decision<T>>> decide) {
        Attempt<T> attempt = new Attempt<>(decide);
        return Uni.createFrom()
                .deferred(() -> stored(id).chain(attempt::on))
                .onFailure(failure ->
                        failure instanceof ConditionFailedException || failure instanceof OutcomeUnknownException)
                .retry()
                .withBackOff(FIRST_PAUSE, LONGEST_PAUSE)
                .withJitter(0.5)
                .expireIn(PATIENCE_MILLIS);
    }

    /** One change on its way, which remembers what it wrote in case the table cannot tell whether that is stored. */
    private final class Attempt<T> {
        private final Function<StoredShadow, Uni<Decision<T>>> decide;
        private final List<Decision<T>> unknown = new ArrayList<>(0);

        Attempt(Function<StoredShadow, Uni<Decision<T>>> decide) {
            this.decide = decide;
        }

        Uni<T> on(StoredShadow stored) {
            for (Decision<T> earlier : unknown) {
                if (isWritten(earlier.next, stored)) {
                    return Uni.createFrom().item(earlier.answer);
                }
            }
            return decide.apply(stored).chain(decision -> {
                StoredShadow next = decision.next;
                return next == null
                        ? Uni.createFrom().item(decision.answer)
                        : write(stored, next, decision.keepsLast)
                                .onFailure(OutcomeUnknownException.class)
                                .invoke(() -> unknown.add(decision))
                                .replaceWith(decision.answer);
            });
        }

        private static boolean isWritten(@Nullable StoredShadow written, StoredShadow stored) {
            return written != null
                    && written.lastChange() != null
                    && stored.lastChange() != null
                    && written.lastChange().id() == stored.lastChange().id();
        }
    }

    private Uni<Void> write(StoredShadow before, StoredShadow next, boolean keepsLast) {
        ShadowChange change = next.lastChange();
        if (change == null) {
            throw new IllegalStateException("a write without a change");
        }
        long expiresAtSeconds = next.document().exists() ? 0 : retention.rememberedUntil(next.document());
        Uni<Void> put = table.put(next.item(change, expiresAtSeconds), before.condition());
        ShadowChange moving = before.lastChange();
        if (moving == null || moving.id() == change.id() || !keepsLast || !history.isKept(moving)) {
            return put;
        }
        // The change that was last goes to its own item no later than the next one takes its place. Both are under way
        // at once; a retry writes the same again.
        return Uni.combine().all().unis(history.add(next.id(), moving), put).discardItems();
    }
}
