package io.hearth.series;

import io.hearth.model.DeviceId;
import io.hearth.series.aggregate.Aggregation;
import io.hearth.series.aggregate.BucketSeries;
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

    private final SeriesStore series;
    private final Executor helpers;
    private final int threads;

    /**
     * @param helpers runs what helps the caller; may queue
     * @param threads how many threads should work on one answer, the caller's included
     */
    public FleetAggregates(SeriesStore series, Executor helpers, int threads) {
        this.series = series;
        this.helpers = helpers;
        this.threads = threads;
    }

    /** Takes the buckets of each device. */
    public interface Sink {
        void accept(DeviceId device, BucketSeries buckets) throws IOException;
    }

    private record Result(DeviceId device, BucketSeries buckets) {}

    /**
     * Aggregates all devices together. The same devices in the same order give the same sums to the last bit, as each
     * thread's share is fixed.
     *
     * @throws InterruptedIOException the thread was interrupted
     */
    public Merged merge(Iterator<DeviceId> devices, AggregateQuery query) throws IOException {
        List<Aggregation> shares = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            shares.add(query.newAggregation());
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
            series.aggregate(devices.get(i), share, query.metrics(), query.consistency());
        }
        return share;
    }

    /**
     * Aggregates each device by itself and hands the results to {@code sink} in the order of the devices, on this thread; only a few
     * wait for that.
     *
     * @throws InterruptedIOException the thread was interrupted
     */
    public void forEach(Iterator<DeviceId> devices, AggregateQuery query, Sink sink) throws IOException {
        int waiting = Math.max(1, WAITING_BUCKETS / Math.max(1, query.grid().size()));
        int perTask = Math.max(1, Math.min(waiting / (2 * threads), MAX_DEVICES_PER_TASK));
        int maxTasks = Math.max(1, Math.min(waiting / perTask, 2 * threads));
        Deque<FutureTask<List<Result>>> tasks = new ArrayDeque<>();
        try {
            while (true) {
                while (tasks.size() < maxTasks && devices.hasNext()) {
                    List<DeviceId> some = take(devices, perTask);
                    FutureTask<List<Result>> task = new FutureTask<>(() -> each(some, query));
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
                }
            }
        } finally {
            tasks.forEach(task -> task.cancel(false));
        }
    }

    private List<Result> each(List<DeviceId> devices, AggregateQuery query) {
        List<Result> results = new ArrayList<>(devices.size());
        for (DeviceId device : devices) {
            results.add(new Result(device, series.aggregate(device, query)));
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
