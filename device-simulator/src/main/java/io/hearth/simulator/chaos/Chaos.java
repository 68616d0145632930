package io.hearth.simulator.chaos;

import io.hearth.simulator.report.ChaosResult;
import io.hearth.simulator.report.RunStats;
import java.io.File;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Carries out a {@link ChaosPlan} beside a run, from the schedule's start until it is closed. */
public final class Chaos implements AutoCloseable {

    private static final long COMMAND_SECONDS = 120;

    private final ChaosPlan plan;
    private final RunStats stats;
    private final Consumer<String> log;
    private final Thread thread;
    private volatile boolean closed;
    private volatile int commandsRun;
    private volatile int commandsFailed;
    private volatile long lostBeforeFirst;

    /** @param log receives one line per command */
    public Chaos(ChaosPlan plan, RunStats stats, Consumer<String> log) {
        this.plan = plan;
        this.stats = stats;
        this.log = log;
        this.thread = new Thread(this::run, "chaos");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        Random random = new Random(plan.seed());
        try {
            stats.awaitStart();
            long wait = plan.after().toNanos();
            for (int number = 1; number <= plan.times(); number++) {
                wait += (long) (plan.every().toNanos() * (0.5 + random.nextDouble()));
                String command =
                        plan.commands().get(random.nextInt(plan.commands().size()));
                TimeUnit.NANOSECONDS.sleep(wait);
                execute(number, command);
                wait = 0;
            }
        } catch (InterruptedException e) {
            // The run is over.
        }
    }

    /** Runs to its end even if the run ends meanwhile: a restart cut short would leave the service stopped. */
    private void execute(int number, String command) {
        Instant at = Instant.now();
        long start = System.nanoTime();
        if (number == 1) {
            lostBeforeFirst = stats.lostConnections();
        }
        commandsRun = number;
        stats.event("chaos " + number + ": " + command);
        String outcome;
        try {
            Process process = new ProcessBuilder(List.of("sh", "-c", command))
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            outcome = await(process);
        } catch (IOException e) {
            outcome = String.valueOf(e.getMessage());
        }
        if (!outcome.equals("exit 0")) {
            commandsFailed = commandsFailed + 1;
            stats.error("chaos command failed: " + outcome);
        }
        log.accept(String.format(
                Locale.ROOT,
                "%s chaos %d (seed %d): %s: %s after %.1f s",
                at,
                number,
                plan.seed(),
                command,
                outcome,
                (System.nanoTime() - start) / 1e9));
    }

    /** What has been done so far. */
    public ChaosResult result() {
        return new ChaosResult(
                commandsRun, commandsFailed, commandsRun == 0 ? 0 : stats.lostConnections() - lostBeforeFirst);
    }

    private String await(Process process) {
        boolean interrupted = false;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(COMMAND_SECONDS);
        try {
            while (true) {
                try {
                    if (process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                        return "exit " + process.exitValue();
                    }
                    process.destroyForcibly();
                    return "still running after " + COMMAND_SECONDS + " s, ended";
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                thread.interrupt();
            }
        }
    }

    /** Runs no further command, and waits for one that is running. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
