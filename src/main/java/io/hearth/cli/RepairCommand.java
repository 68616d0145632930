package io.hearth.cli;

import io.hearth.table.rocksdb.offline.TableRepair;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "repair",
        description =
                "Makes a new table of what can be read of a damaged one, and says what it lacks. The damaged one stays as it is."
                        + " Exit code 0: the new table is made; 1: it cannot be done.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init")
final class RepairCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--table",
            required = true,
            paramLabel = "DIR",
            description = "the table of a stopped service, the directory table of its data directory")
    private Path table;

    @Option(
            names = "--to",
            required = true,
            paramLabel = "DIR",
            description = "the directory of the new table, absent or empty; best on the same file system")
    private Path to;

    @Override
    public Integer call() {
        TableRepair.Result result = TableRepair.run(table, to, new KnownItems());
        PrintWriter out = spec.commandLine().getOut();
        result.givenUp().forEach(lost -> out.println("given up: " + lost));
        out.printf(
                "repaired %s into %s: %d places given up, %d rows saved from damaged files%n",
                table, to, result.givenUp().size(), result.savedRows());
        return CommandLineTool.OK;
    }
}
