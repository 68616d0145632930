package io.hearth.cli;

import io.hearth.backup.Verification;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "verify",
        description = "Reads all backups of a directory and their logs again, and compares checksums.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init")
final class VerifyCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--from", required = true, paramLabel = "DIR", description = "the directory of backups")
    private Path from;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Verification.Whole found = Verification.ofAll(from);
        for (Verification backup : found.backups()) {
            if (backup.isGood()) {
                out.printf(
                        "backup %s is good: %d files, %d bytes, any instant from %s until %s%n",
                        backup.backup(), backup.files(), backup.bytes(), backup.taken(), backup.recoverableUntil());
            } else {
                out.printf("backup %s is DAMAGED:%n", backup.backup());
                backup.damages().forEach(damage -> out.println("  " + damage));
            }
            backup.notes().forEach(note -> out.println("  note: " + note));
        }
        found.unused().forEach(note -> out.println("note: " + note));
        return found.isGood() ? CommandLineTool.OK : CommandLineTool.FAILED;
    }
}
