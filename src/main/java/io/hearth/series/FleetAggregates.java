package io.hearth.series;

import io.hearth.model.DeviceId;
import io.hearth.series.aggregate.Aggregation;
import io.hearth.series.aggregate.AnswerBudget;
import io.hearth.series.aggregate.BucketSeries;
import io.hearth.series.value.AggregateQuery;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;

/**
 * Aggregations of many devices, made by the calling thread and some helpers. Whatever no helper has begun when its turn comes,
 * the caller does itself, so an answer never waits for a helper to be free. Safe for several threads.
 */
public final class FleetAggregates {
    /** Devices that are dealt out at a time. */
    private static final int DEVICES_AT_A_TIME = 1000;

    /** As many buckets of every metric as may wait to be taken, about; one device has them all in any case. */
    private static final int WAITING_BUCKETS = 20_000;

    private static final int MAX_DEVICES_PER_TASK = 8;

    private final SeriesReader series;
    private final Executor helpers;
    private final int threads;

    /**
     * @param helpers runs what helps the caller; may queue
     * @param threads how many threads should work on one answer, the caller's included
     */
    public FleetAggregates(SeriesReader series, Executor helpers, int threads) {
        this.series = series;
        this.helpers = helpers;
        this.threads = threads;
    }

    /** Takes the buckets of each device. */
    public interface Sink {
        void accept(DeviceId device, BucketSeries buckets) throws IOException;
    }

    private record Result(DeviceId device, BucketSeries buckets, long bytes) {}

    /** Counts what one device takes, to give it back when its buckets have been taken. */
    private static final class Counted implements AnswerBudget {
        private final AnswerBudget budget;
        private long bytes;

        Counted(AnswerBudget budget) {
            this.budget = budget;
        }

        @Override
        public void hold(long more) {
            budget.hold(more);
            bytes += more;
        }

        @Override
        public void giveBack(long less) {
            budget.giveBack(less);
            bytes -= less;
        }

        @Override
        public void requireClient() {
            budget.requireClient();
        }
    }

    /**
     * Aggregates all devices together. The same devices in the same order give the same sums to the last bit, as each
     * thread's share is fixed.
     *
     * @param budget bounds what all threads hold together
     * @throws InterruptedIOException the thread was interrupted
     */
    public Merged merge(Iterator<DeviceId> devices, AggregateQuery query, AnswerBudget budget) throws IOException {
        List<Aggregation> shares = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            shares.add(query.newAggregation(budget));
        }
        int count = 0;
        while (devices.hasNext()) {
            List<DeviceId> some = take(devices, DEVICES_AT_A_TIME);
            count += some.size();
            Deque<FutureTask<Aggregation>> tasks = new ArrayDeque<>();
            try {
                for (int i = 0; i < Math.min(threads, some.size()); i++) {
                    int first = i;
                    FutureTask<Aggregation> task =
                            new FutureTask<>(() -> addShare(some, first, query, shares.get(first)));
                    tasks.add(task);
                    if (i > 0) {
                        helpers.execute(task);
                    }
                }
                while (!tasks.isEmpty()) {
                    resultOf(tasks.remove());
                }
            } finally {
                tasks.forEach(task -> task.cancel(false));
            }
        }
        Aggregation whole = shares.get(0);
        shares.subList(1, threads).forEach(whole::merge);
        return new Merged(count, whole.result(query.fill()));
    }

    /**
     * What several devices come to together.
     *
     * @param devices how many there were, those without readings included
     */
    public record Merged(int devices, BucketSeries buckets) {}

    private Aggregation addShare(List<DeviceId> devices, int first, AggregateQuery query, Aggregation share) {
        for (int i = first; i < devices.size(); i += threads) {
            share.requireClient();
            series.aggregate(devices.get(i), share, query.metrics(), query.consistency());
        }
        return share;
    }

    /**
     * Aggregates each device by itself and hands the results to {@code sink} in the order of the devices, on this thread; only a few
     * wait for that.
     *
     * @param budget bounds what is held of the devices that wait
     * @throws InterruptedIOException the thread was interrupted
     */
    public void forEach(Iterator<DeviceId> devices, AggregateQuery query, AnswerBudget budget, Sink sink)
            throws IOException {
        int waiting = Math.max(1, WAITING_BUCKETS / Math.max(1, query.grid().size()));
        int perTask = Math.max(1, Math.min(waiting / (2 * threads), MAX_DEVICES_PER_TASK));
        int maxTasks = Math.max(1, Math.min(waiting / perTask, 2 * threads));
        Deque<FutureTask<List<Result>>> tasks = new ArrayDeque<>();
        try {
            while (true) {
                while (tasks.size() < maxTasks && devices.hasNext()) {
                    List<DeviceId> some = take(devices, perTask);
                    FutureTask<List<Result>> task = new FutureTask<>(() -> each(some, query, budget));
                    tasks.add(task);
                    if (maxTasks > 1) {
                        helpers.execute(task);
                    }
                }
                if (tasks.isEmpty()) {
                    return;
                }
                for (Result result : resultOf(tasks.remove())) {
                    sink.accept(result.device, result.buckets);
                    budget.giveBack(result.bytes);
                }
            }
        } finally {
            tasks.forEach(task -> task.cancel(false));
        }
    }

    private List<Result> each(List<DeviceId> devices, AggregateQuery query, AnswerBudget budget) {
        List<Result> results = new ArrayList<>(devices.size());
        for (DeviceId device : devices) {
            Counted counted = new Counted(budget);
            BucketSeries buckets = series.aggregate(device, query, counted);
            results.add(new Result(device, buckets, counted.bytes));
        }
        return results;
    }

    private static List<DeviceId> take(Iterator<DeviceId> devices, int most) {
        List<DeviceId> taken = new ArrayList<>(most);
        while (taken.size() < most && devices.hasNext()) {
            taken.add(devices.next());
        }
        return taken;
    }

    private static <T> T resultOf(FutureTask<T> task) throws IOException {
        // Does nothing if a helper has begun it.
        task.run();
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while devices were aggregated");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        }
    }
}
