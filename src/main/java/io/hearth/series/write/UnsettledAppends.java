package io.hearth.series.write;

import io.hearth.model.HybridTime;
import io.smallrye.mutiny.Uni;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Appends that have taken their stamps, or are about to, and are not settled yet. Safe for several threads. */
public final class UnsettledAppends {
    private final Set<Append> appends = ConcurrentHashMap.newKeySet();

    /** An append whose stamps are not earlier than {@code earliestHybridTime}. */
    static final class Append {
        private final CompletableFuture<@Nullable Void> settled = new CompletableFuture<>();
        private final long earliestHybridTime;

        private Append(long earliestHybridTime) {
            this.earliestHybridTime = earliestHybridTime;
        }
    }

    /**
     * An append begins; it must {@linkplain #end end}.
     *
     * @param earliestHybridTime its stamps are not earlier, {@linkplain HybridTime#packed() packed}
     */
    Append begin(long earliestHybridTime) {
        Append append = new Append(earliestHybridTime);
        appends.add(append);
        return append;
    }

    /** An append has stored what it had to, or has failed. */
    void end(Append append) {
        appends.remove(append);
        append.settled.complete(null);
    }

    /** Completes when every append that has begun by now has settled. */
    public Uni<Void> settled() {
        CompletableFuture<?>[] begun =
                appends.stream().map(append -> append.settled).toArray(CompletableFuture[]::new);
        return Uni.createFrom().completionStage(CompletableFuture.allOf(begun)).replaceWithVoid();
    }

    /** The earlier of a {@linkplain HybridTime#packed() hybrid time} and the earliest that an unsettled append may have. */
    long earliest(long hybridTime) {
        long earliest = hybridTime;
        for (Append append : appends) {
            earliest = Math.min(earliest, append.earliestHybridTime);
        }
        return earliest;
    }
}
