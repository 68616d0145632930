package io.hearth.simulator.cli;

import io.hearth.simulator.fleet.Fleet;
import io.hearth.simulator.ledger.Ledger;
import io.hearth.simulator.ledger.LedgerWriter;
import io.hearth.simulator.publish.Credentials;
import io.hearth.simulator.publish.DeliveryRecorder;
import io.hearth.simulator.publish.DeviceTime;
import io.hearth.simulator.publish.PahoPublisher;
import io.hearth.simulator.publish.PublishFailedException;
import io.hearth.simulator.publish.PublishSettings;
import io.hearth.simulator.publish.Publisher;
import io.hearth.simulator.publish.RawPublisher;
import io.hearth.simulator.publish.Schedule;
import io.hearth.simulator.publish.StopSignal;
import io.hearth.simulator.publish.Workload;
import io.hearth.simulator.report.RunReport;
import io.hearth.simulator.report.RunStats;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code simulate}: publishes for a while and reports what was acknowledged. */
@Command(
        name = "simulate",
        description = "Publishes the readings of simulated devices over MQTT.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        sortOptions = false)
final class SimulateCommand implements Callable<Integer> {

    /** Which MQTT client publishes. */
    enum ClientKind {
        PAHO,
        RAW
    }

    private static final int MAX_PAHO_CONNECTIONS = 1_000;
    private static final int MAX_CONNECTIONS = 10_000;
    private static final Duration DEFAULT_DURATION = Duration.ofSeconds(60);
    private static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(10);
    private static final long CLOSING_SECONDS = 10;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(names = "--host", defaultValue = "127.0.0.1", description = "MQTT host")
    private String host = "";

    @Option(names = "--port", defaultValue = "1883", description = "MQTT port")
    private int port;

    @Option(names = "--username", description = "MQTT user name (default: device, if there is a password)")
    private @Nullable String username;

    @Option(names = "--password", description = "MQTT password; else $HEARTH_DEVICE_PASSWORD")
    private @Nullable String password;

    @Option(names = "--password-file", description = "file whose first line is the MQTT password")
    private @Nullable Path passwordFile;

    @Option(names = "--devices", defaultValue = "10", description = "number of devices")
    private int devices;

    @Option(names = "--device-prefix", defaultValue = "sim-", description = "device ids are this and a number")
    private String devicePrefix = "";

    @Option(names = "--seed", defaultValue = "1", description = "seed of all values")
    private long seed;

    @Option(names = "--interval", description = "each device sends a message this often (default: 10s)")
    private @Nullable Duration interval;

    @Option(names = "--rate", description = "messages/s of all devices together, or max")
    private @Nullable Rate rate;

    @Option(names = "--duration", description = "how long to send (default: 60s, or no limit with --messages)")
    private @Nullable Duration duration;

    @Option(names = "--messages", description = "how many messages to send at most")
    private @Nullable Long messages;

    @Option(names = "--batch", defaultValue = "1", description = "readings per message")
    private int batch;

    @Option(names = "--qos", defaultValue = "1", description = "0, 1 or 2")
    private int qos;

    @Option(names = "--client", defaultValue = "paho", description = "paho, or raw for measuring")
    private ClientKind client = ClientKind.PAHO;

    @Option(names = "--connections", description = "MQTT connections (default: one per device)")
    private @Nullable Integer connections;

    @Option(names = "--window", defaultValue = "20", description = "unacknowledged messages per connection")
    private int window;

    @Option(names = "--with-ts", description = "put the device time into the payload; this is the default")
    private boolean withTs;

    @Option(names = "--no-ts", description = "no device time in the payload, but a number seq to tell readings apart")
    private boolean noTs;

    @Option(names = "--ts-unit", defaultValue = "millis", description = "unit of ts: millis or micros")
    private DeviceTime.TimeUnit timeUnit = DeviceTime.TimeUnit.MILLIS;

    @Option(names = "--start-at", description = "virtual device time of the first readings, RFC 3339 (default: now)")
    private @Nullable String startAt;

    @Option(names = "--time-step", description = "virtual time between readings of a device (default: 10s)")
    private @Nullable Duration timeStep;

    @Option(
            names = "--status",
            negatable = true,
            description = "publish retained online/offline per device (default: on for paho, off for raw)")
    private @Nullable Boolean status;

    @Option(
            names = "--reconnect",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "connect again and resend after a lost connection")
    private boolean reconnect;

    @Option(names = "--connect-wait", defaultValue = "0s", description = "wait so long for the endpoint to be there")
    private Duration connectWait = Duration.ZERO;

    @Option(
            names = "--drain-timeout",
            defaultValue = "30s",
            description = "at the end, give up when no acknowledgement came for so long")
    private Duration drainTimeout = Duration.ZERO;

    @Option(names = "--ledger", description = "directory to record in what was acknowledged, for verify")
    private @Nullable Path ledgerDirectory;

    @Option(names = "--report-json", description = "file to write the report to")
    private @Nullable Path reportJson;

    @Option(names = "--quiet", description = "no progress lines")
    private boolean quiet;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Workload workload;
        Publisher publisher;
        try {
            workload = workload();
            publisher = publisher();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
        }
        RunStats stats = new RunStats();
        Path directory = ledgerDirectory;
        if (directory == null) {
            return run(workload, publisher, stats, null);
        }
        continueAfterEarlierRuns(workload, directory);
        try (LedgerWriter ledger = LedgerWriter.create(directory)) {
            return run(workload, publisher, stats, ledger);
        }
    }

    private Integer run(Workload workload, Publisher publisher, RunStats stats, @Nullable LedgerWriter ledger)
            throws IOException, InterruptedException {
        StopSignal stop = new StopSignal();
        CountDownLatch closed = new CountDownLatch(1);
        Thread hook = new Thread(() -> stopAndAwait(stop, closed), "stop");
        Runtime.getRuntime().addShutdownHook(hook);
        DeliveryRecorder recorder = new DeliveryRecorder(workload, stats, ledger);
        long start = System.nanoTime();
        String failure = null;
        try {
            try (ProgressTicker ticker = new ProgressTicker(stats, ledger, quiet, start)) {
                publisher.publish(workload, recorder, stop);
            } catch (PublishFailedException e) {
                failure = e.getMessage();
            } finally {
                if (ledger != null) {
                    ledger.close();
                }
            }
            RunReport report = RunReport.of(stats, qos > 0, batch, failure);
            print(report, workload, failure);
            return report.passed() ? ExitCode.OK : ExitCode.FAILED;
        } finally {
            closed.countDown();
            removeHook(hook);
        }
    }

    private void print(RunReport report, Workload workload, @Nullable String failure) throws IOException {
        PrintWriter err = spec.commandLine().getErr();
        if (failure != null && report.sent() == 0) {
            err.println("error: " + failure);
        } else {
            spec.commandLine().getOut().print(report.text());
            spec.commandLine().getOut().flush();
        }
        if (workload.furthestAhead().compareTo(Duration.ofMinutes(1)) > 0) {
            err.println("warning: device time ran ahead by "
                    + workload.furthestAhead().toSeconds() + " s; use more devices or --ts-unit micros");
        }
        err.flush();
        Path file = reportJson;
        if (file != null) {
            report.writeJson(file);
        }
    }

    /** On SIGTERM and SIGINT: lets the run settle its ledger and its report before the process ends. */
    private static void stopAndAwait(StopSignal stop, CountDownLatch closed) {
        stop.request();
        try {
            if (!closed.await(CLOSING_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("error: the run did not end within " + CLOSING_SECONDS + " s of the signal");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // It is running: the process is ending already.
        }
    }

    private Workload workload() {
        if (interval != null && rate != null) {
            throw new IllegalArgumentException("--interval and --rate exclude each other");
        }
        if (withTs && noTs) {
            throw new IllegalArgumentException("--with-ts and --no-ts exclude each other");
        }
        if (timeStep != null && startAt == null) {
            throw new IllegalArgumentException("--time-step needs --start-at");
        }
        Duration limit = duration != null ? duration : messages != null ? null : DEFAULT_DURATION;
        long count = messages != null ? messages : Long.MAX_VALUE;
        Duration every = interval != null ? interval : DEFAULT_INTERVAL;
        if (every.isZero()) {
            throw new IllegalArgumentException("the interval must be above 0; --rate max sends without pause");
        }
        Fleet fleet = new Fleet(devicePrefix, devices, seed);
        Schedule schedule = rate != null
                ? new Schedule(rate.perSecond(), count, limit)
                : Schedule.everyInterval(every, devices, count, limit);
        DeviceTime deviceTime = new DeviceTime(
                startAt == null ? null : parseInstant(startAt),
                timeStep != null ? timeStep : Duration.ofSeconds(10),
                timeUnit);
        return new Workload(fleet, schedule, deviceTime, connectionCount(), batch, !noTs);
    }

    private int connectionCount() {
        int most = client == ClientKind.PAHO ? MAX_PAHO_CONNECTIONS : MAX_CONNECTIONS;
        int count = connections != null ? connections : Math.min(devices, most);
        if (count > most) {
            throw new IllegalArgumentException("the " + (client == ClientKind.PAHO ? "paho" : "raw")
                    + " client opens at most " + most + " connections, not " + count);
        }
        return count;
    }

    private static Instant parseInstant(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException("--start-at '" + text + "' is not a time like 2026-11-21T00:00:00Z", e);
        }
    }

    private Publisher publisher() throws IOException {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("--port is 1 to 65535, not " + port);
        }
        PublishSettings settings = new PublishSettings(
                host,
                port,
                credentials(),
                qos,
                window,
                reconnect,
                status != null ? status : client == ClientKind.PAHO,
                connectWait,
                drainTimeout);
        return client == ClientKind.PAHO ? new PahoPublisher(settings) : new RawPublisher(settings);
    }

    private Credentials credentials() throws IOException {
        String secret = password;
        if (passwordFile != null) {
            if (secret != null) {
                throw new IllegalArgumentException("--password and --password-file exclude each other");
            }
            secret = SecretFile.read(passwordFile);
        }
        if (secret == null) {
            secret = System.getenv("HEARTH_DEVICE_PASSWORD");
        }
        if (secret == null) {
            return new Credentials(username, null);
        }
        return new Credentials(username != null ? username : "device", secret.getBytes(StandardCharsets.UTF_8));
    }

    /** Keeps apart the readings of runs that share a ledger. */
    private static void continueAfterEarlierRuns(Workload workload, Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (Ledger ledger = Ledger.open(directory)) {
            Map<String, Integer> numbers = new HashMap<>();
            for (int device = 0; device < workload.devices(); device++) {
                numbers.put(workload.deviceId(device), device);
            }
            for (String deviceId : ledger.deviceIds()) {
                Integer device = numbers.get(deviceId);
                if (device != null) {
                    ledger.read(
                            deviceId,
                            entry -> workload.continueAfter(
                                    device,
                                    entry.timed() ? entry.deviceTimeMicros() : Long.MIN_VALUE,
                                    entry.timed() ? -1 : entry.sequence()));
                }
            }
        }
    }
}
