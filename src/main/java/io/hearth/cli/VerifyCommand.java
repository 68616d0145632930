package io.hearth.cli;

import io.hearth.backup.Verification;
import io.hearth.table.rocksdb.offline.TableVerification;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "verify",
        description =
                "Reads all backups of a directory and their logs, or the table of a service that is stopped, compares checksums,"
                        + " and names what is damaged. Changes nothing. Exit code 0: all is well; 1: something is damaged or"
                        + " cannot be read.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init")
final class VerifyCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @ArgGroup(multiplicity = "1")
    private What what;

    /** One or the other. */
    static final class What {
        @Option(names = "--from", paramLabel = "DIR", description = "the directory of backups")
        private @Nullable Path from;

        @Option(
                names = "--table",
                paramLabel = "DIR",
                description = "the table of a stopped service, the directory table of its data directory")
        private @Nullable Path table;
    }

    @Override
    public Integer call() {
        boolean good = true;
        if (what.from != null) {
            good = verifyBackups(what.from);
        }
        if (what.table != null) {
            good = verifyTable(what.table);
        }
        return good ? CommandLineTool.OK : CommandLineTool.FAILED;
    }

    private boolean verifyBackups(Path from) {
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
        return found.isGood();
    }

    private boolean verifyTable(Path table) {
        PrintWriter out = spec.commandLine().getOut();
        TableVerification.Result result = TableVerification.of(table, new KnownItems());
        result.notes().forEach(out::println);
        if (result.isGood()) {
            out.printf(
                    "table %s is good: %d sorted files, %d bytes, %d rows%n",
                    table, result.sortedFiles(), result.bytes(), result.rows());
        } else {
            out.printf("table %s is DAMAGED:%n", table);
            result.damages().forEach(damage -> out.println("  " + damage));
        }
        return result.isGood();
    }
}
