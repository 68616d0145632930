package io.hearth.simulator.cli;

import io.hearth.simulator.chaos.Chaos;
import io.hearth.simulator.ledger.Ledger;
import io.hearth.simulator.ledger.LedgerWriter;
import io.hearth.simulator.publish.DeliveryRecorder;
import io.hearth.simulator.publish.Devices;
import io.hearth.simulator.publish.PublishFailedException;
import io.hearth.simulator.publish.StopSignal;
import io.hearth.simulator.publish.Workload;
import io.hearth.simulator.report.LiveView;
import io.hearth.simulator.report.ProgressDisplay;
import io.hearth.simulator.report.ProgressView;
import io.hearth.simulator.report.RunPlan;
import io.hearth.simulator.report.RunReport;
import io.hearth.simulator.report.RunStats;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Carries out a {@link Simulation}: with its ledger, its progress and its chaos, until it ends or is told to by a signal. */
final class SimulationRunner {

    private static final long CLOSING_SECONDS = 10;

    private final PrintWriter out;
    private final PrintWriter err;
    private final ReportOptions output;
    private final ChaosOptions chaos;
    private final ProgressKind progress;
    private final @Nullable Path ledgerDirectory;

    SimulationRunner(
            PrintWriter out,
            PrintWriter err,
            ReportOptions output,
            ChaosOptions chaos,
            ProgressKind progress,
            @Nullable Path ledgerDirectory) {
        this.out = out;
        this.err = err;
        this.output = output;
        this.chaos = chaos;
        this.progress = progress;
        this.ledgerDirectory = ledgerDirectory;
    }

    /** Runs, prints and writes the report; returns the exit code. */
    int run(Simulation run) throws IOException, InterruptedException {
        RunStats stats = new RunStats();
        Path directory = ledgerDirectory;
        if (directory == null) {
            return execute(run, stats, null);
        }
        continueAfterEarlierRuns(run.devices(), directory);
        try (LedgerWriter ledger = LedgerWriter.create(directory)) {
            return execute(run, stats, ledger);
        }
    }

    private int execute(Simulation run, RunStats stats, @Nullable LedgerWriter ledger)
            throws IOException, InterruptedException {
        StopSignal stop = new StopSignal();
        CountDownLatch closed = new CountDownLatch(1);
        Thread hook = new Thread(() -> stopAndAwait(stop, closed), "stop");
        Runtime.getRuntime().addShutdownHook(hook);
        DeliveryRecorder recorder = new DeliveryRecorder(run.devices(), stats, ledger);
        String failure = null;
        try {
            try (ProgressTicker ticker = new ProgressTicker(stats, ledger, view(run.plan(), stats));
                    Chaos monkey = chaos.start(run.chaos(), stats, progress == ProgressKind.LIVE ? null : err)) {
                run.body().publish(recorder, stats, stop);
            } catch (PublishFailedException e) {
                failure = e.getMessage();
            } finally {
                if (ledger != null) {
                    ledger.close();
                }
            }
            RunReport report = RunReport.of(stats, run.name(), run.acknowledged(), failure, run.limits());
            print(report, run.devices(), failure);
            return report.passed() ? ExitCode.OK : ExitCode.FAILED;
        } finally {
            closed.countDown();
            removeHook(hook);
        }
    }

    private @Nullable ProgressView view(RunPlan plan, RunStats stats) {
        return switch (progress) {
            case NONE -> null;
            case PLAIN -> new ProgressDisplay(stats, System.err);
            case LIVE -> new LiveView(stats, plan, System.err);
        };
    }

    private void print(RunReport report, Devices ran, @Nullable String failure) throws IOException {
        if (failure != null && report.sent() == 0) {
            err.println("error: " + failure);
        } else {
            out.print(report.text());
            out.flush();
        }
        if (ran instanceof Workload workload && workload.furthestAhead().compareTo(Duration.ofMinutes(1)) > 0) {
            err.println("warning: device time ran ahead by "
                    + workload.furthestAhead().toSeconds() + " s; use more devices or --ts-unit micros");
        }
        err.flush();
        output.write(report);
    }

    /** On SIGTERM and SIGINT: lets the run settle its ledger and its report before the process ends. */
    private static void stopAndAwait(StopSignal stop, CountDownLatch closed) {
        stop.request();
        try {
            if (!closed.await(CLOSING_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("error: the run did not end within " + CLOSING_SECONDS + " s of the signal");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // It is running: the process is ending already.
        }
    }

    /** Keeps apart the readings of runs that share a ledger. */
    private static void continueAfterEarlierRuns(Devices devices, Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (Ledger ledger = Ledger.open(directory)) {
            Map<String, Integer> numbers = new HashMap<>();
            for (int device = 0; device < devices.devices(); device++) {
                numbers.put(devices.deviceId(device), device);
            }
            for (String deviceId : ledger.deviceIds()) {
                Integer device = numbers.get(deviceId);
                if (device != null) {
                    ledger.read(
                            deviceId,
                            entry -> devices.continueAfter(
                                    device,
                                    entry.timed() ? entry.deviceTimeMicros() : Long.MIN_VALUE,
                                    entry.timed() ? -1 : entry.sequence()));
                }
            }
        }
    }
}
