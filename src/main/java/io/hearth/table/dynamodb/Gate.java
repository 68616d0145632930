package io.hearth.table.dynamodb;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets so many requests be under way at once; the others wait in the order in which they came. The SDK's own queue would
 * count the waiting into the time-out of a request.
 */
final class Gate {
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int free;

    Gate(int permits) {
        free = permits;
    }

    /** Starts {@code request} now or when it is its turn. */
    <T> CompletableFuture<T> pass(Supplier<CompletableFuture<T>> request) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Runnable start = () -> start(request, answer);
        synchronized (this) {
            if (free == 0) {
                waiting.add(start);
                return answer;
            }
            free--;
        }
        start.run();
        return answer;
    }

    private <T> void start(Supplier<CompletableFuture<T>> request, CompletableFuture<T> answer) {
        CompletableFuture<T> running;
        try {
            running = request.get();
        } catch (RuntimeException e) {
            running = CompletableFuture.failedFuture(e);
        }
        CompletableFuture<Void> unused = running.handle((result, failure) -> {
            // The next one first: whoever hears of this answer may take its time.
            leave();
            if (failure == null) {
                answer.complete(result);
            } else {
                answer.completeExceptionally(failure);
            }
            return null;
        });
    }

    private void leave() {
        Runnable next = next();
        if (next != null) {
            next.run();
        }
    }

    private synchronized @Nullable Runnable next() {
        Runnable next = waiting.poll();
        if (next == null) {
            free++;
        }
        return next;
    }
}
