package io.hearth.simulator.cli;

import io.hearth.simulator.ledger.Ledger;
import io.hearth.simulator.verify.FindingClass;
import io.hearth.simulator.verify.VerificationFailedException;
import io.hearth.simulator.verify.Verifier;
import io.hearth.simulator.verify.VerifyReport;
import io.hearth.simulator.verify.VerifySettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code verify}: proves that what was acknowledged is stored, once and unchanged. */
@Command(
        name = "verify",
        description = "Reads everything back over REST and holds it against the ledger.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        sortOptions = false)
final class VerifyCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(names = "--ledger", required = true, description = "directory that simulate --ledger wrote to")
    private Path ledgerDirectory = Path.of("");

    @Option(names = "--url", defaultValue = "http://127.0.0.1:8080", description = "the service")
    private URI url = URI.create("");

    @Option(names = "--token", description = "bearer token; else $HEARTH_ADMIN_TOKEN")
    private @Nullable String token;

    @Option(names = "--token-file", description = "file whose first line is the bearer token")
    private @Nullable Path tokenFile;

    @Option(names = "--limit", defaultValue = "1000", description = "readings to ask for in one answer")
    private int limit;

    @Option(names = "--parallel", defaultValue = "4", description = "devices to check at the same time")
    private int parallel;

    @Option(names = "--timeout", defaultValue = "120s", description = "for one answer")
    private Duration timeout = Duration.ZERO;

    @Option(
            names = "--wait-ready",
            defaultValue = "60s",
            description = "how long to wait for the service, and to retry while it is unavailable")
    private Duration waitReady = Duration.ZERO;

    @Option(
            names = "--until",
            description =
                    "for point-in-time restores: what was acknowledged by this instant (RFC 3339) must be there, what"
                            + " was sent later must not")
    private @Nullable String until;

    @Option(
            names = "--late-wait",
            defaultValue = "5s",
            description = "ask again so long for what is missing, to tell late from lost; 0s not to")
    private Duration lateWait = Duration.ZERO;

    @Option(names = "--max-lost", defaultValue = "0", description = "findings of this class that are let pass")
    private long maxLost;

    @Option(names = "--max-doubled", defaultValue = "0", description = "findings of this class that are let pass")
    private long maxDoubled;

    @Option(names = "--max-changed", defaultValue = "0", description = "findings of this class that are let pass")
    private long maxChanged;

    @Option(names = "--max-late-visible", defaultValue = "0", description = "findings of this class that are let pass")
    private long maxLateVisible;

    @Option(names = "--max-unexpected", defaultValue = "0", description = "findings of this class that are let pass")
    private long maxUnexpected;

    @Option(names = "--max-out-of-order", defaultValue = "0", description = "findings of this class that are let pass")
    private long maxOutOfOrder;

    @Option(
            names = "--min-acknowledged",
            defaultValue = "1",
            description = "fail if the ledger has fewer acknowledged readings")
    private long minAcknowledged;

    @Option(
            names = "--allow-incomplete",
            description =
                    "let pass a ledger that was cut short or not closed, as a killed simulator leaves it: only what is in"
                            + " it is proven")
    private boolean incompleteAllowed;

    @Option(names = "--report-json", description = "file to write the report to")
    private @Nullable Path reportJson;

    @Override
    public Integer call() throws IOException, InterruptedException, VerificationFailedException {
        VerifySettings settings;
        try {
            settings = settings();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
        }
        try (Ledger ledger = Ledger.open(ledgerDirectory)) {
            if (ledger.files() == 0) {
                throw new ParameterException(spec.commandLine(), "there is no ledger in " + ledgerDirectory);
            }
            VerifyReport report = new Verifier(settings).verify(ledger, Instant.now());
            PrintWriter out = spec.commandLine().getOut();
            out.print(report.text());
            out.flush();
            if (reportJson != null) {
                report.writeJson(reportJson);
            }
            return report.passed() ? ExitCode.OK : ExitCode.FAILED;
        }
    }

    private VerifySettings settings() throws IOException {
        if (!Files.isDirectory(ledgerDirectory)) {
            throw new IllegalArgumentException("there is no directory " + ledgerDirectory);
        }
        if (url.getHost() == null || !("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
            throw new IllegalArgumentException("--url '" + url + "' is not like http://127.0.0.1:8080");
        }
        if (limit < 1) {
            throw new IllegalArgumentException("--limit must be at least 1, not " + limit);
        }
        if (minAcknowledged < 0) {
            throw new IllegalArgumentException("--min-acknowledged must not be below 0");
        }
        if (parallel < 1) {
            throw new IllegalArgumentException("--parallel must be at least 1, not " + parallel);
        }
        if (timeout.isZero()) {
            throw new IllegalArgumentException("--timeout must be above 0");
        }
        return new VerifySettings(
                url,
                bearerToken(),
                limit,
                parallel,
                timeout,
                waitReady,
                untilInstant(),
                lateWait,
                allowed(),
                incompleteAllowed,
                minAcknowledged);
    }

    private @Nullable Instant untilInstant() {
        if (until == null) {
            return null;
        }
        try {
            return OffsetDateTime.parse(until).toInstant();
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException("--until '" + until + "' is not a time like 2026-11-21T00:00:00Z", e);
        }
    }

    private Map<FindingClass, Long> allowed() {
        Map<FindingClass, Long> allowed = Map.of(
                FindingClass.LOST, maxLost,
                FindingClass.DOUBLED, maxDoubled,
                FindingClass.CHANGED, maxChanged,
                FindingClass.LATE_VISIBLE, maxLateVisible,
                FindingClass.UNEXPECTED, maxUnexpected,
                FindingClass.OUT_OF_ORDER, maxOutOfOrder);
        allowed.forEach((findingClass, most) -> {
            if (most < 0) {
                throw new IllegalArgumentException(
                        "--max-" + findingClass.text().replace(' ', '-') + " must not be below 0");
            }
        });
        return allowed;
    }

    private @Nullable String bearerToken() throws IOException {
        if (tokenFile != null) {
            if (token != null) {
                throw new IllegalArgumentException("--token and --token-file exclude each other");
            }
            return SecretFile.read(tokenFile);
        }
        return token != null ? token : System.getenv("HEARTH_ADMIN_TOKEN");
    }
}
