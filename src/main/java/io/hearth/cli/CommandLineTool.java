package io.hearth.cli;

import io.hearth.backup.BackupException;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.table.TableException;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The commands beside serving, which is what the jar does without one. */
@Command(
        name = "hearth",
        description = "Without a command, starts the service.",
        mixinStandardHelpOptions = true,
        versionProvider = CommandLineTool.Version.class,
        synopsisSubcommandLabel = "[COMMAND]",
        subcommands = {
            BackupCommand.class,
            MendClockCommand.class,
            RepairCommand.class,
            RestoreCommand.class,
            VerifyCommand.class
        })
public final class CommandLineTool implements Runnable {
    /** All is well. */
    static final int OK = 0;

    /** It could not be done, or what was looked at is damaged. */
    static final int FAILED = 1;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init")
    private CommandLine.Model.CommandSpec spec;

    /** The version that the build wrote into the manifest of the jar. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = CommandLineTool.class.getPackage().getImplementationVersion();
            return new String[] {"hearth " + (version == null ? "(not packaged)" : version)};
        }
    }

    /** Whether the arguments are for a command, and not for the service. */
    public static boolean takes(String... arguments) {
        return arguments.length > 0;
    }

    /** Runs the command that the arguments name, and answers the exit code: 0, 1 if it failed, 2 for wrong usage. */
    public static int run(String... arguments) {
        return commandLine().execute(arguments);
    }

    static CommandLine commandLine() {
        CommandLine commands = new CommandLine(new CommandLineTool());
        commands.registerConverter(Instant.class, CommandLineTool::instant);
        commands.setExecutionExceptionHandler((failure, command, parsed) -> {
            boolean isExpected = failure instanceof BackupException
                    || failure instanceof TableException
                    || failure instanceof UnsupportedFormatException;
            command.getErr()
                    .println("hearth " + command.getCommandName() + ": "
                            + (isExpected ? failure.getMessage() : failure.toString()));
            return FAILED;
        });
        return commands;
    }

    private static Instant instant(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw new CommandLine.TypeConversionException(
                    "'" + text + "' is not an instant such as 2026-11-22T10:00:00Z");
        }
    }

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        spec.commandLine().usage(out);
    }
}
