package io.hearth.series.read;

import io.hearth.concurrent.DaemonThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Reads that wait for a table far away, several at a time: threads that mostly wait, of all callers together. */
public final class ParallelReads {
    private static final int THREADS = 32;

    private final ExecutorService threads;

    public ParallelReads() {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                DaemonThreads.named("hearth-reads"));
        executor.allowCoreThreadTimeOut(true);
        threads = executor;
    }

    /** What {@code read} answers for each key, in their order; fails with what it fails with for the first of them. */
    public <K, V> List<V> readAll(List<K> keys, Function<K, V> read) {
        List<FutureTask<V>> tasks = new ArrayList<>(keys.size());
        for (K key : keys) {
            FutureTask<V> task = new FutureTask<>(() -> read.apply(key));
            tasks.add(task);
            threads.execute(task);
        }
        try {
            List<V> answers = new ArrayList<>(tasks.size());
            for (FutureTask<V> task : tasks) {
                answers.add(answerOf(task));
            }
            return answers;
        } finally {
            tasks.forEach(task -> task.cancel(false));
        }
    }

    private static <V> V answerOf(Future<V> task) {
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while reading", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        }
    }
}
