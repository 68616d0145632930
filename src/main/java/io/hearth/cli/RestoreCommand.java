package io.hearth.cli;

import io.hearth.backup.Restore;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "restore",
        description = "Makes a new data directory from a backup and the log that follows it.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init")
final class RestoreCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--from", required = true, paramLabel = "DIR", description = "the directory of backups")
    private Path from;

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description = "the new data directory, absent or empty")
    private Path data;

    @Option(
            names = "--until",
            paramLabel = "INSTANT",
            description = "restore what was acknowledged before this instant, as 2026-11-22T10:00:00Z; without it, all")
    private @Nullable Instant until;

    @Option(
            names = "--backup",
            paramLabel = "ID",
            description = "the backup to begin with; without it, the last one before the instant")
    private @Nullable String backup;

    @Override
    public Integer call() {
        Restore.Restored done = Restore.run(new Restore.Request(from, data, until, backup));
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "restored %s from backup %s and %d commits of its log%s: all that was acknowledged before %s%n",
                data,
                done.backup(),
                done.replayed(),
                done.lastCommit() == null ? "" : ", the last of " + done.lastCommit(),
                done.completeUntil());
        done.notes().forEach(note -> out.println("note: " + note));
        return CommandLineTool.OK;
    }
}
