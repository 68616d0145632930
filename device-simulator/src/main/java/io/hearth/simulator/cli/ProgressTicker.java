package io.hearth.simulator.cli;

import io.hearth.simulator.ledger.LedgerWriter;
import io.hearth.simulator.report.ProgressView;
import io.hearth.simulator.report.RunStats;
import io.hearth.simulator.report.Timeline;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What happens again and again during a run, by default once a second: a point of the timeline, a progress line, the ledger so far to its file. */
final class ProgressTicker implements AutoCloseable {

    private final ScheduledExecutorService timer;
    private final RunStats stats;
    private final @Nullable LedgerWriter ledger;
    private final @Nullable ProgressView view;

    ProgressTicker(RunStats stats, @Nullable LedgerWriter ledger, @Nullable ProgressView view, Duration every) {
        this.stats = stats;
        this.ledger = ledger;
        this.view = view;
        this.timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "progress");
            thread.setDaemon(true);
            return thread;
        });
        var unused = timer.scheduleAtFixedRate(this::tick, every.toNanos(), every.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void tick() {
        long now = System.nanoTime();
        Timeline.Point point = stats.sample(now);
        if (view != null) {
            view.update(point, now);
        }
        if (ledger != null) {
            ledger.flush();
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
        try {
            // A tick that is under way still writes to the ledger and the terminal.
            var unused = timer.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (view != null) {
            view.finish();
        }
    }
}
