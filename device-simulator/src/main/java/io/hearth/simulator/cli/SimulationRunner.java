package io.hearth.simulator.cli;

import io.hearth.simulator.chaos.Chaos;
import io.hearth.simulator.ledger.Ledger;
import io.hearth.simulator.ledger.LedgerWriter;
import io.hearth.simulator.publish.DeliveryRecorder;
import io.hearth.simulator.publish.Devices;
import io.hearth.simulator.publish.PublishFailedException;
import io.hearth.simulator.publish.StopSignal;
import io.hearth.simulator.publish.Workload;
import io.hearth.simulator.report.ChaosResult;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Carries out a {@link Simulation}: with its ledger, its progress and its chaos, until it ends or is told to by a signal. */
final class SimulationRunner {

    /** For the ledger and the report, beside what the run waits for acknowledgements. */
    private static final Duration CLOSING = Duration.ofSeconds(8);

    /**
     * When what happens.
     *
     * @param progressEvery the pause between two progress lines; the ledger is written as often
     * @param stopTimeout how long the run waits for acknowledgements when told to stop
     */
    record Timing(Duration progressEvery, Duration stopTimeout) {
        Timing {
            if (progressEvery.isZero()) {
                throw new IllegalArgumentException("--progress-every must be above 0");
            }
        }
    }

    private final PrintWriter out;
    private final PrintWriter err;
    private final ReportOptions output;
    private final ChaosOptions chaos;
    private final ProgressKind progress;
    private final Timing timing;
    private final @Nullable Path ledgerDirectory;

    SimulationRunner(
            PrintWriter out,
            PrintWriter err,
            ReportOptions output,
            ChaosOptions chaos,
            ProgressKind progress,
            Timing timing,
            @Nullable Path ledgerDirectory) {
        this.out = out;
        this.err = err;
        this.output = output;
        this.chaos = chaos;
        this.progress = progress;
        this.timing = timing;
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
        CompletableFuture<Integer> ended = new CompletableFuture<>();
        Thread hook = new Thread(() -> stopAndAwait(stop, ended), "stop");
        Runtime.getRuntime().addShutdownHook(hook);
        DeliveryRecorder recorder = new DeliveryRecorder(run.devices(), stats, ledger);
        String failure = null;
        Chaos monkey = null;
        try {
            try (ProgressTicker ticker =
                            new ProgressTicker(stats, ledger, view(run.plan(), stats), timing.progressEvery());
                    Chaos running = chaos.start(run.chaos(), stats, progress == ProgressKind.LIVE ? null : err)) {
                monkey = running;
                run.body().publish(recorder, stats, stop);
            } catch (PublishFailedException e) {
                failure = e.getMessage();
            } finally {
                if (ledger != null) {
                    ledger.close();
                }
            }
            ChaosResult chaosResult = monkey == null ? null : monkey.result();
            RunReport report = RunReport.of(
                    stats, run.name(), run.setup(), run.acknowledged(), chaosResult, failure, run.limits());
            print(report, run.devices(), failure);
            int exitCode = report.passed() ? ExitCode.OK : ExitCode.FAILED;
            ended.complete(exitCode);
            return exitCode;
        } finally {
            ended.complete(ExitCode.FAILED);
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

    /** On SIGTERM and SIGINT: lets the run settle its ledger and its report, and ends the process with the run's exit code. */
    private void stopAndAwait(StopSignal stop, Future<Integer> ended) {
        stop.request();
        Duration limit = timing.stopTimeout().plus(CLOSING);
        int exitCode = ExitCode.FAILED;
        try {
            exitCode = ended.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            System.err.println("error: the run did not end within " + limit.toSeconds() + " s of the signal");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // The code of a process that a signal ends is that of the signal; only this gives it another.
        Runtime.getRuntime().halt(exitCode);
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
