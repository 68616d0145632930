package io.hearth.cli;

import io.hearth.backup.Backup;
import io.hearth.backup.BackupException;
import io.hearth.backup.Backups;
import io.hearth.table.CommitListener;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "backup",
        description =
                "Has a running service make a backup, or makes one of the data directory of a service that is stopped.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init")
final class BackupCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofHours(12);

    /** What only older instants need is kept: this command does not know the window of the service. */
    private static final Duration WINDOW = Duration.ofDays(36_500);

    @Spec
    private CommandSpec spec;

    @ArgGroup(multiplicity = "1")
    private Source source;

    /** One or the other. */
    static final class Source {
        @ArgGroup(exclusive = false, heading = "of a running service, into its HEARTH_BACKUP_DIR:%n")
        private @Nullable Running running;

        @ArgGroup(exclusive = false, heading = "of a stopped service:%n")
        private @Nullable Stopped stopped;
    }

    /** A service that runs. */
    static final class Running {
        @Option(names = "--url", required = true, description = "of the service, as http://127.0.0.1:8080")
        private URI url;

        @Option(
                names = "--token-file",
                paramLabel = "FILE",
                description = "the admin token; without it, $HEARTH_ADMIN_TOKEN")
        private @Nullable Path tokenFile;
    }

    /** A service that does not. */
    static final class Stopped {
        @Option(names = "--data", required = true, paramLabel = "DIR", description = "its data directory")
        private Path data;

        @Option(names = "--to", required = true, paramLabel = "DIR", description = "the directory of backups")
        private Path to;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (source.running != null) {
            return ask(source.running);
        }
        return source.stopped == null ? CommandLineTool.FAILED : make(source.stopped);
    }

    private int ask(Running service) throws InterruptedException {
        String token = token(service);
        HttpRequest request;
        HttpResponse<String> answer;
        try {
            request = HttpRequest.newBuilder(service.url.resolve("/api/v1/backups"))
                    .header("Authorization", "Bearer " + token)
                    .timeout(PATIENCE)
                    .POST(BodyPublishers.noBody())
                    .build();
            answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        } catch (IOException | IllegalArgumentException e) {
            throw new BackupException("the service at " + service.url + " does not answer: " + e, e);
        }
        PrintWriter out = answer.statusCode() == 201
                ? spec.commandLine().getOut()
                : spec.commandLine().getErr();
        out.println(answer.statusCode() == 401 ? "hearth backup: the token is refused" : answer.body());
        return answer.statusCode() == 201 ? CommandLineTool.OK : CommandLineTool.FAILED;
    }

    private static String token(Running service) {
        if (service.tokenFile != null) {
            try {
                return Files.readString(service.tokenFile).strip();
            } catch (IOException e) {
                throw new BackupException("cannot read the token file " + service.tokenFile + ": " + e, e);
            }
        }
        String token = System.getenv("HEARTH_ADMIN_TOKEN");
        if (token == null) {
            throw new BackupException("there is neither --token-file nor HEARTH_ADMIN_TOKEN", null);
        }
        return token;
    }

    private int make(Stopped stopped) {
        Path directory = stopped.data.resolve("table");
        if (!Files.isDirectory(directory)) {
            throw new BackupException(stopped.data + " is no data directory: it has no table", null);
        }
        Path data = stopped.data.toAbsolutePath().normalize();
        if (stopped.to.toAbsolutePath().normalize().startsWith(data)) {
            throw new BackupException(
                    stopped.to + " is inside the data directory; back up to another place, best on another disk", null);
        }
        Clock clock = Clock.systemUTC();
        Backups.Settings settings = new Backups.Settings(stopped.to, stopped.data.resolve("backup-staging"), WINDOW);
        try (RocksDbTable table = RocksDbTable.open(removingNothing(directory), clock, CommitListener.NONE);
                Backups backups = new Backups(table, settings, clock)) {
            Backup made = backups.backUp();
            spec.commandLine()
                    .getOut()
                    .printf(
                            "backup %s: %d files, %d bytes, of which %d were copied%n",
                            made.id(), made.files(), made.bytes(), made.copiedBytes());
        }
        return CommandLineTool.OK;
    }

    /** Settings by which the table removes neither what has expired nor any of its log: those of the service are not known here. */
    private static RocksDbSettings removingNothing(Path directory) {
        RocksDbSettings usual = RocksDbSettings.of(directory);
        return new RocksDbSettings(
                directory,
                usual.fsync(),
                WINDOW,
                Duration.ZERO,
                usual.blockCacheBytes(),
                usual.memtableBytes(),
                usual.maxPendingBytes());
    }
}
