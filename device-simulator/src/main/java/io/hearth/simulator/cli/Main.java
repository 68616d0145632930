package io.hearth.simulator.cli;

import java.io.PrintWriter;
import java.time.Duration;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Entry point of the device simulator. */
@Command(
        name = "device-simulator",
        description = "Publishes realistic smart-home readings and proves that none of them got lost.",
        mixinStandardHelpOptions = true,
        version = "device-simulator 0.1.0-SNAPSHOT",
        synopsisSubcommandLabel = "(simulate | verify | report)",
        subcommands = {SimulateCommand.class, VerifyCommand.class, ReportCommand.class})
public final class Main implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to do: simulate, verify or report");
    }

    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    /** The command line with its converters and error handling. */
    static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new Main())
                .registerConverter(Duration.class, new DurationConverter())
                .registerConverter(Rate.class, new Rate.Converter())
                .registerConverter(Part.class, new Part.Converter())
                .setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setParameterExceptionHandler((e, args) -> {
            PrintWriter err = e.getCommandLine().getErr();
            err.println("error: " + e.getMessage());
            err.println("try '" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help'");
            err.flush();
            return ExitCode.USAGE;
        });
        commandLine.setExecutionExceptionHandler((e, command, result) -> {
            String message = e.getMessage();
            PrintWriter err = command.getErr();
            err.println("error: " + (message == null ? e.getClass().getSimpleName() : message));
            err.flush();
            return command.getCommand() instanceof VerifyCommand ? ExitCode.NO_VERDICT : ExitCode.FAILED;
        });
        return commandLine;
    }
}
