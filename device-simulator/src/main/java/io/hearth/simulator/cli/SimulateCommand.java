package io.hearth.simulator.cli;

import io.hearth.simulator.fleet.Fleet;
import io.hearth.simulator.publish.DeviceTime;
import io.hearth.simulator.publish.PublishSettings;
import io.hearth.simulator.publish.PublishSettings.Waits;
import io.hearth.simulator.publish.Publisher;
import io.hearth.simulator.publish.Schedule;
import io.hearth.simulator.publish.Workload;
import io.hearth.simulator.publish.paho.PahoPublisher;
import io.hearth.simulator.publish.raw.RawPublisher;
import io.hearth.simulator.publish.scenario.ScenarioPublisher;
import io.hearth.simulator.publish.scenario.ScenarioWorkload;
import io.hearth.simulator.report.Limits;
import io.hearth.simulator.report.RunPlan;
import io.hearth.simulator.report.RunSetup;
import io.hearth.simulator.scenario.Scenario;
import io.hearth.simulator.scenario.ScenarioException;
import io.hearth.simulator.scenario.ScenarioReader;
import io.hearth.simulator.scenario.Sizing;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.concurrent.Callable;
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

    @Option(
            names = "--reconnect-max",
            defaultValue = "3s",
            description = "longest pause before connecting again; the pauses grow up to this")
    private Duration longestReconnect = Waits.DEFAULT_LONGEST_RECONNECT;

    @Option(
            names = "--stop-timeout",
            defaultValue = "2s",
            description = "on SIGTERM and SIGINT, wait so long for acknowledgements")
    private Duration stopTimeout = Waits.DEFAULT_STOP;

    @Option(names = "--progress-every", defaultValue = "1s", description = "pause between two progress lines")
    private Duration progressEvery = Duration.ofSeconds(1);

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
        Simulation run;
        try {
            connection.check();
            run = scenarioFile == null ? runOfOptions() : runOfScenario(scenarioFile);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
        } catch (ScenarioException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
        }
        return new SimulationRunner(
                        spec.commandLine().getOut(),
                        spec.commandLine().getErr(),
                        output,
                        chaos,
                        viewOf(),
                        new SimulationRunner.Timing(progressEvery, stopTimeout),
                        ledgerDirectory)
                .run(run);
    }

    private Simulation runOfOptions() throws IOException {
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
        return new Simulation(
                null,
                setup(seed, devices, connectionCount(), scheduleOfOptions(plan)),
                workload,
                (recorder, stats, stop) -> publisher.publish(workload, recorder, stop),
                plan,
                qos > 0,
                limits,
                chaos.plan(null));
    }

    private Simulation runOfScenario(Path file) throws IOException, ScenarioException {
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
                waits());
        Limits limits = scenario.limits();
        limits.overrideWith(limitOptions.limits());
        return new Simulation(
                scenario.name(),
                setup(
                        scenario.seed(),
                        workload.devices(),
                        scenario.connections(),
                        CommandLineText.duration(scenario.duration()) + (scale == 1 ? "" : ", scale " + scale)),
                workload,
                (recorder, stats, stop) -> new ScenarioPublisher(settings).publish(workload, recorder, stats, stop),
                new RunPlan(scenario.name(), scenario.duration(), Long.MAX_VALUE, scenario.connections()),
                scenario.qos() > 0,
                limits,
                chaos.plan(scenario.chaos()));
    }

    private RunSetup setup(long ofSeed, long ofDevices, long ofConnections, String schedule) throws IOException {
        return new RunSetup(
                connection.host + ":" + connection.port + (connection.tlsContext() == null ? "" : ", TLS"),
                List.of(ofSeed),
                ofDevices,
                ofConnections,
                schedule,
                List.of(CommandLineText.of(spec.commandLine().getParseResult().originalArgs())));
    }

    private String scheduleOfOptions(RunPlan plan) {
        Duration limit = plan.duration();
        String length = limit == null ? "" : CommandLineText.duration(limit);
        String count = messages == null ? "" : (length.isEmpty() ? "" : ", at most ") + messages + " messages";
        String pace = rate != null
                ? " at " + rate.text()
                : ", a message of each device every "
                        + CommandLineText.duration(interval != null ? interval : DEFAULT_INTERVAL);
        return length + count + pace;
    }

    private ProgressKind viewOf() {
        if (quiet) {
            return ProgressKind.NONE;
        }
        boolean live = view == View.LIVE || (view == View.AUTO && System.console() != null);
        return live ? ProgressKind.LIVE : ProgressKind.PLAIN;
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

    private Waits waits() {
        return new Waits(connectWait, longestReconnect, drainTimeout, stopTimeout);
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
                waits());
        return client == ClientKind.PAHO ? new PahoPublisher(settings) : new RawPublisher(settings);
    }
}
