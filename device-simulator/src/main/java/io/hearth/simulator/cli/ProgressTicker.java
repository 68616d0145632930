package io.hearth.simulator.cli;

import io.hearth.simulator.ledger.LedgerWriter;
import io.hearth.simulator.report.ProgressDisplay;
import io.hearth.simulator.report.RunStats;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What happens once a second during a run: a progress line, and the ledger so far goes to its file. */
final class ProgressTicker implements AutoCloseable {

    private final ScheduledExecutorService timer;
    private final @Nullable ProgressDisplay display;

    ProgressTicker(RunStats stats, @Nullable LedgerWriter ledger, boolean quiet, long startNanos) {
        this.display = quiet ? null : new ProgressDisplay(stats, System.err, System.console() != null, startNanos);
        this.timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "progress");
            thread.setDaemon(true);
            return thread;
        });
        var unused = timer.scheduleAtFixedRate(() -> tick(ledger), 1, 1, TimeUnit.SECONDS);
    }

    private void tick(@Nullable LedgerWriter ledger) {
        if (display != null) {
            display.update(System.nanoTime());
        }
        if (ledger != null) {
            ledger.flush();
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
        if (display != null) {
            display.finish();
        }
    }
}
