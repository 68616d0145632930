package io.hearth.simulator.cli;

import io.hearth.simulator.report.ReportJson;
import io.hearth.simulator.report.RunReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code report}: makes something of reports that are there already. */
@Command(
        name = "report",
        description = "Adds up the reports of several simulators, or plots one.",
        mixinStandardHelpOptions = true,
        subcommands = ReportCommand.Merge.class)
final class ReportCommand implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to do: merge");
    }

    /** {@code report merge}: one report of those of simulators that ran at the same time. */
    @Command(
            name = "merge",
            description = "Adds up the JSON reports of simulators that ran at the same time, percentiles exactly.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Merge implements Callable<Integer> {

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Parameters(arity = "1..*", paramLabel = "REPORT", description = "files that --report-json wrote")
        private List<Path> files = List.of();

        @Mixin
        private final ReportOptions output = new ReportOptions();

        @Mixin
        private final LimitOptions limits = new LimitOptions();

        @Override
        public Integer call() throws IOException {
            RunReport merged;
            try {
                merged = merge().judgedBy(limits.limits());
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
            }
            spec.commandLine().getOut().print(merged.text());
            spec.commandLine().getOut().flush();
            output.write(merged);
            return merged.passed() ? ExitCode.OK : ExitCode.FAILED;
        }

        private RunReport merge() throws IOException {
            RunReport merged = null;
            for (Path file : files) {
                if (!Files.isReadable(file)) {
                    throw new IllegalArgumentException("there is no file " + file);
                }
                RunReport one = ReportJson.read(file);
                merged = merged == null ? one : merged.mergedWith(one);
            }
            if (merged == null) {
                throw new IllegalArgumentException("there is nothing to merge");
            }
            return merged;
        }
    }
}
