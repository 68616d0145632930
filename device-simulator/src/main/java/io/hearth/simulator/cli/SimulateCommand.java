package io.hearth.simulator.cli;

import io.hearth.simulator.chaos.Chaos;
import io.hearth.simulator.chaos.ChaosPlan;
import io.hearth.simulator.fleet.Fleet;
import io.hearth.simulator.ledger.Ledger;
import io.hearth.simulator.ledger.LedgerWriter;
import io.hearth.simulator.publish.DeliveryRecorder;
import io.hearth.simulator.publish.DeviceTime;
import io.hearth.simulator.publish.Devices;
import io.hearth.simulator.publish.PahoPublisher;
import io.hearth.simulator.publish.PublishFailedException;
import io.hearth.simulator.publish.PublishSettings;
import io.hearth.simulator.publish.Publisher;
import io.hearth.simulator.publish.RawPublisher;
import io.hearth.simulator.publish.ScenarioPublisher;
import io.hearth.simulator.publish.ScenarioWorkload;
import io.hearth.simulator.publish.Schedule;
import io.hearth.simulator.publish.StopSignal;
import io.hearth.simulator.publish.Workload;
import io.hearth.simulator.report.Limits;
import io.hearth.simulator.report.LiveView;
import io.hearth.simulator.report.ProgressDisplay;
import io.hearth.simulator.report.ProgressView;
import io.hearth.simulator.report.RunPlan;
import io.hearth.simulator.report.RunReport;
import io.hearth.simulator.report.RunStats;
import io.hearth.simulator.scenario.Scenario;
import io.hearth.simulator.scenario.ScenarioException;
import io.hearth.simulator.scenario.ScenarioReader;
import io.hearth.simulator.scenario.Sizing;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    /** How to show progress. */
    enum View {
        AUTO,
        LIVE,
        PLAIN
    }

    /** What a scenario says itself. */
    private static final List<String> NOT_WITH_SCENARIO = List.of(
            "--devices",
            "--device-prefix",
            "--seed",
            "--interval",
            "--rate",
            "--messages",
            "--batch",
            "--qos",
            "--client",
            "--connections",
            "--window",
            "--with-ts",
            "--no-ts",
            "--ts-unit",
            "--start-at",
            "--time-step");

    private static final int MAX_PAHO_CONNECTIONS = 1_000;
    private static final int MAX_CONNECTIONS = 20_000;
    private static final Duration DEFAULT_DURATION = Duration.ofSeconds(60);
    private static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(10);
    private static final long CLOSING_SECONDS = 10;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Option(names = "--scenario", description = "YAML file that says what devices there are and what they do")
    private @Nullable Path scenarioFile;

    @Option(names = "--scale", defaultValue = "1", description = "factor for a scenario's devices and rates")
    private double scale;

    @Option(
            names = "--part",
            description = "play part i of n of a scenario's fleet, as in 2/3; each in a process of its own")
    private @Nullable Part part;

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

    @Option(names = "--quiet", description = "no progress lines")
    private boolean quiet;

    @Option(names = "--view", defaultValue = "auto", description = "progress: live, plain, or auto: live on a terminal")
    private View view = View.AUTO;

    @Mixin
    private final ReportOptions output = new ReportOptions();

    @Mixin
    private final LimitOptions limitOptions = new LimitOptions();

    @Mixin
    private final ChaosOptions chaos = new ChaosOptions();

    @Override
    public Integer call() throws IOException, InterruptedException {
        Run run;
        try {
            connection.check();
            run = scenarioFile == null ? runOfOptions() : runOfScenario(scenarioFile);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
        } catch (ScenarioException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
        }
        RunStats stats = new RunStats();
        Path directory = ledgerDirectory;
        if (directory == null) {
            return execute(run, stats, null);
        }
        continueAfterEarlierRuns(run.devices, directory);
        try (LedgerWriter ledger = LedgerWriter.create(directory)) {
            return execute(run, stats, ledger);
        }
    }

    /**
     * What is going to be run, of options or of a scenario.
     *
     * @param acknowledged whether acknowledgements are to be expected
     */
    private record Run(
            Devices devices,
            Body body,
            RunPlan plan,
            boolean acknowledged,
            Limits limits,
            @Nullable ChaosPlan chaos) {}

    /** Publishes until all is done. */
    private interface Body {
        void publish(DeliveryRecorder recorder, RunStats stats, StopSignal stop)
                throws PublishFailedException, InterruptedException;
    }

    private Run runOfOptions() throws IOException {
        if (part != null || scale != 1) {
            throw new IllegalArgumentException("--part and --scale need --scenario");
        }
        Workload workload = workload();
        Publisher publisher = publisher();
        Limits limits = limitOptions.limits();
        RunPlan plan = new RunPlan(
                devices + " devices",
                duration == null && messages == null ? DEFAULT_DURATION : duration,
                messages == null ? Long.MAX_VALUE : messages,
                connectionCount());
        return new Run(
                workload,
                (recorder, stats, stop) -> publisher.publish(workload, recorder, stop),
                plan,
                qos > 0,
                limits,
                chaos.plan(null));
    }

    private Run runOfScenario(Path file) throws IOException, ScenarioException {
        for (String option : NOT_WITH_SCENARIO) {
            if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
                throw new IllegalArgumentException(option + " and --scenario exclude each other");
            }
        }
        Sizing sizing = new Sizing(duration, scale, part == null ? 1 : part.number(), part == null ? 1 : part.of());
        Scenario scenario = ScenarioReader.read(file, sizing);
        if (scenario.connections() > MAX_CONNECTIONS) {
            throw new IllegalArgumentException("one process opens at most " + MAX_CONNECTIONS + " connections, not "
                    + scenario.connections() + "; --part shares them among several");
        }
        ScenarioWorkload workload = new ScenarioWorkload(scenario);
        PublishSettings settings = new PublishSettings(
                connection.host,
                connection.port,
                connection.tlsContext(),
                connection.credentials(),
                scenario.qos(),
                scenario.window(),
                reconnect,
                status != null ? status : scenario.status(),
                connectWait,
                drainTimeout);
        Limits limits = scenario.limits();
        limits.overrideWith(limitOptions.limits());
        return new Run(
                workload,
                (recorder, stats, stop) -> new ScenarioPublisher(settings).publish(workload, recorder, stats, stop),
                new RunPlan(scenario.name(), scenario.duration(), Long.MAX_VALUE, scenario.connections()),
                scenario.qos() > 0,
                limits,
                chaos.plan(scenario.chaos()));
    }

    private Integer execute(Run run, RunStats stats, @Nullable LedgerWriter ledger)
            throws IOException, InterruptedException {
        StopSignal stop = new StopSignal();
        CountDownLatch closed = new CountDownLatch(1);
        Thread hook = new Thread(() -> stopAndAwait(stop, closed), "stop");
        Runtime.getRuntime().addShutdownHook(hook);
        PrintWriter err = spec.commandLine().getErr();
        DeliveryRecorder recorder = new DeliveryRecorder(run.devices, stats, ledger);
        String failure = null;
        try {
            try (ProgressTicker ticker = new ProgressTicker(stats, ledger, progressView(run.plan, stats));
                    Chaos monkey = chaos.start(run.chaos, stats, isLive() ? null : err)) {
                run.body.publish(recorder, stats, stop);
            } catch (PublishFailedException e) {
                failure = e.getMessage();
            } finally {
                if (ledger != null) {
                    ledger.close();
                }
            }
            RunReport report = RunReport.of(
                    stats, scenarioFile == null ? null : run.plan.name(), run.acknowledged, failure, run.limits);
            print(report, run.devices, failure);
            return report.passed() ? ExitCode.OK : ExitCode.FAILED;
        } finally {
            closed.countDown();
            removeHook(hook);
        }
    }

    private boolean isLive() {
        return !quiet && (view == View.LIVE || (view == View.AUTO && System.console() != null));
    }

    private @Nullable ProgressView progressView(RunPlan plan, RunStats stats) {
        if (quiet) {
            return null;
        }
        return isLive() ? new LiveView(stats, plan, System.err) : new ProgressDisplay(stats, System.err);
    }

    private void print(RunReport report, Devices ran, @Nullable String failure) throws IOException {
        PrintWriter err = spec.commandLine().getErr();
        if (failure != null && report.sent() == 0) {
            err.println("error: " + failure);
        } else {
            spec.commandLine().getOut().print(report.text());
            spec.commandLine().getOut().flush();
        }
        if (ran instanceof Workload workload && workload.furthestAhead().compareTo(Duration.ofMinutes(1)) > 0) {
            err.println("warning: device time ran ahead by "
                    + workload.furthestAhead().toSeconds() + " s; use more devices or --ts-unit micros");
        }
        err.flush();
        output.write(report);
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
        PublishSettings settings = new PublishSettings(
                connection.host,
                connection.port,
                connection.tlsContext(),
                connection.credentials(),
                qos,
                window,
                reconnect,
                status != null ? status : client == ClientKind.PAHO,
                connectWait,
                drainTimeout);
        return client == ClientKind.PAHO ? new PahoPublisher(settings) : new RawPublisher(settings);
    }

    /** Keeps apart the readings of runs that share a ledger. */
    private static void continueAfterEarlierRuns(Devices devices, Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (Ledger ledger = Ledger.open(directory)) {
            Map<String, Integer> numbers = new HashMap<>();
            for (int device = 0; device < devices.devices(); device++) {
                numbers.put(devices.deviceId(device), device);
            }
            for (String deviceId : ledger.deviceIds()) {
                Integer device = numbers.get(deviceId);
                if (device != null) {
                    ledger.read(
                            deviceId,
                            entry -> devices.continueAfter(
                                    device,
                                    entry.timed() ? entry.deviceTimeMicros() : Long.MIN_VALUE,
                                    entry.timed() ? -1 : entry.sequence()));
                }
            }
        }
    }
}
