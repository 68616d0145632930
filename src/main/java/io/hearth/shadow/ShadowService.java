package io.hearth.shadow;

import io.hearth.model.DeviceId;
import io.hearth.shadow.document.Limits;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.shadow.document.ShadowError;
import io.hearth.shadow.document.ShadowException;
import io.hearth.shadow.document.ShadowId;
import io.hearth.shadow.document.ShadowRequest;
import io.hearth.shadow.document.ShadowUpdate;
import io.smallrye.mutiny.Uni;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves requests from all transports: those of one thing one after the other in the order of their arrival, those of
 * different things beside each other. Of one thing only so many may be in flight.
 *
 * <p>Answers complete on threads of the service, exceptionally as {@link ShadowStore} says; what depends on an answer runs
 * before the next request of the thing is decided.
 */
public final class ShadowService {
    private final ShadowStore store;
    private final Executor executor;
    private final int maxInFlight;
    private final ConcurrentHashMap<DeviceId, Queue<Task>> queues = new ConcurrentHashMap<>();
    private volatile ShadowListener listener = ShadowListener.NONE;

    /**
     * @param executor where requests are read and decided, and answers made
     * @param maxInFlight how many requests of a thing may be in flight before more are refused
     */
    public ShadowService(ShadowStore store, Executor executor, int maxInFlight) {
        this.store = store;
        this.executor = executor;
        this.maxInFlight = maxInFlight;
        store.whenMerged((id, previous, current) -> executor.execute(() -> listener.merged(id, previous, current)));
    }

    /** Tells {@code newListener} from now on, and nobody else. */
    public void tell(ShadowListener newListener) {
        listener = newListener;
    }

    public Limits limits() {
        return store.limits();
    }

    /**
     * A document, and the request's token for the answer.
     *
     * @param document exists, unless it is what is left after a deletion
     */
    public record Found(ShadowDocument document, @Nullable String clientToken) {}

    /**
     * Answers a shadow.
     *
     * @param request reads what is asked, and may refuse it
     */
    public CompletionStage<Found> get(ShadowId id, Supplier<ShadowRequest> request) {
        return inOrder(
                id.thing(),
                request,
                read -> store.get(id, read).map(document -> new Found(document, read.clientToken())));
    }

    /**
     * Changes a shadow.
     *
     * @param request reads what is asked, and may refuse it
     * @param by who asks, for the history
     */
    public CompletionStage<ShadowUpdate> update(ShadowId id, Supplier<ShadowRequest> request, String by) {
        return inOrder(
                id.thing(),
                request,
                read -> store.update(id, read, by).emitOn(executor).invoke(update -> listener.updated(id, update)));
    }

    /**
     * Deletes a shadow.
     *
     * @param request reads what is asked, and may refuse it
     * @param by who asks, for the history
     */
    public CompletionStage<Found> delete(ShadowId id, Supplier<ShadowRequest> request, String by) {
        return inOrder(
                id.thing(),
                request,
                read -> store.delete(id, read, by)
                        .emitOn(executor)
                        .invoke(document -> listener.deleted(id, document, read.clientToken()))
                        .map(document -> new Found(document, read.clientToken())));
    }

    /** How many things have requests in flight. */
    public int busyThings() {
        return queues.size();
    }

    private interface Work<T> {
        Uni<T> on(ShadowRequest request);
    }

    private <T> CompletionStage<T> inOrder(DeviceId thing, Supplier<ShadowRequest> request, Work<T> work) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Task task = new Task(() -> Uni.createFrom()
                .deferred(() -> work.on(request.get()))
                .emitOn(executor)
                .subscribe()
                .with(
                        item -> {
                            answer.complete(item);
                            next(thing);
                        },
                        failure -> {
                            answer.completeExceptionally(failure);
                            next(thing);
                        }));
        queues.compute(thing, (key, waiting) -> {
            Queue<Task> queue = waiting == null ? new ArrayDeque<>(2) : waiting;
            if (queue.size() < maxInFlight) {
                queue.add(task);
                task.place = queue.size();
            }
            return queue;
        });
        if (task.place == 1) {
            executor.execute(task.run);
        } else if (task.place == Task.REFUSED) {
            executor.execute(() ->
                    answer.completeExceptionally(new ShadowException(ShadowError.TOO_MANY_REQUESTS, tokenOf(request))));
        }
        return answer;
    }

    private static @Nullable String tokenOf(Supplier<ShadowRequest> request) {
        try {
            return request.get().clientToken();
        } catch (ShadowException invalid) {
            return invalid.clientToken();
        }
    }

    private void next(DeviceId thing) {
        @Nullable Task[] head = new Task[1];
        queues.computeIfPresent(thing, (key, queue) -> {
            queue.remove();
            head[0] = queue.peek();
            return queue.isEmpty() ? null : queue;
        });
        Task waiting = head[0];
        if (waiting != null) {
            executor.execute(waiting.run);
        }
    }

    private static final class Task {
        static final int REFUSED = 0;

        private final Runnable run;
        /** Set while the queue is held. */
        private int place = REFUSED;

        Task(Runnable run) {
            this.run = run;
        }
    }
}
