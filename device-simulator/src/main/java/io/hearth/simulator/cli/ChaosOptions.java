package io.hearth.simulator.cli;

import io.hearth.simulator.chaos.Chaos;
import io.hearth.simulator.chaos.ChaosPlan;
import io.hearth.simulator.report.RunStats;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Commands to run at random moments of a run. */
final class ChaosOptions {

    @Option(
            names = "--chaos-command",
            description =
                    "shell command to run at random moments; may be given several times, one of them is chosen each time")
    private List<String> commands = List.of();

    @Option(
            names = "--chaos-every",
            defaultValue = "10s",
            description = "from half to one and a half of this lies between two")
    private Duration every = Duration.ZERO;

    @Option(names = "--chaos-after", defaultValue = "0s", description = "nothing happens before")
    private Duration after = Duration.ZERO;

    @Option(names = "--chaos-times", description = "how often at most")
    private @Nullable Integer times;

    @Option(
            names = "--chaos-seed",
            description = "seed of moments and choice (default: another each time; it is logged)")
    private @Nullable Long seed;

    @Option(names = "--chaos-log", description = "file to append a line per command to, besides standard error")
    private @Nullable Path log;

    /**
     * The scenario's plan, unless the options make one.
     *
     * @throws IllegalArgumentException a command needs an environment variable that is not set
     */
    @Nullable
    ChaosPlan plan(@Nullable ChaosPlan ofScenario) {
        if (commands.isEmpty()) {
            return ofScenario == null ? null : ofScenario.withVariables(System.getenv());
        }
        return planOfOptions().withVariables(System.getenv());
    }

    private ChaosPlan planOfOptions() {
        return new ChaosPlan(
                commands,
                every,
                after,
                times == null ? Integer.MAX_VALUE : times,
                seed == null ? new Random().nextInt(1_000_000) : seed);
    }

    /**
     * Begins to carry the plan out, or does nothing without one.
     *
     * @param err null if lines would get in the way of what is shown there
     */
    @Nullable
    Chaos start(@Nullable ChaosPlan plan, RunStats stats, @Nullable PrintWriter err) {
        return plan == null ? null : new Chaos(plan, stats, line -> write(line, err));
    }

    private void write(String line, @Nullable PrintWriter err) {
        if (err != null) {
            err.println(line);
            err.flush();
        }
        if (log != null) {
            try {
                Files.writeString(
                        log,
                        line + System.lineSeparator(),
                        StandardCharsets.UTF_8,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot write " + log, e);
            }
        }
    }
}
