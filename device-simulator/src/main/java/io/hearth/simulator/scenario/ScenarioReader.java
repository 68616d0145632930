package io.hearth.simulator.scenario;

import io.hearth.simulator.chaos.ChaosPlan;
import io.hearth.simulator.fleet.DeviceType;
import io.hearth.simulator.report.Limits;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads scenario files: YAML 1.2. The README lists the keys with units and defaults. */
public final class ScenarioReader {

    private static final int MAX_DEVICES = 1_000_000;
    private static final Duration DAY = Duration.ofDays(1);

    private final String file;
    private final Sizing sizing;
    /** What durations on the scenario's clock are multiplied by. */
    private double stretch = 1;

    private ScenarioReader(String file, Sizing sizing) {
        this.file = file;
        this.sizing = sizing;
    }

    /** @throws ScenarioException the file is wrong; the message says where */
    public static Scenario read(Path file, Sizing sizing) throws ScenarioException, IOException {
        try {
            return parse(file.toString(), Files.readString(file, StandardCharsets.UTF_8), sizing);
        } catch (NoSuchFileException e) {
            throw new ScenarioException("there is no file " + file);
        } catch (MalformedInputException e) {
            throw new ScenarioException(file + ": is not UTF-8");
        }
    }

    static Scenario parse(String file, String yaml, Sizing sizing) throws ScenarioException {
        Node root;
        try {
            root = new Compose(LoadSettings.builder().setLabel(file).build())
                    .composeString(yaml)
                    .orElseThrow(() -> new ScenarioException(file + ": is empty"));
        } catch (MarkedYamlEngineException e) {
            String where = e.getProblemMark()
                    .map(mark -> ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1))
                    .orElse("");
            throw new ScenarioException(file + where + ": is no YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            throw new ScenarioException(file + ": is no YAML: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
        return new ScenarioReader(file, sizing).scenario(new YamlObject(file, "", root));
    }

    private Scenario scenario(YamlObject yaml) throws ScenarioException {
        List<Phase> phases = phases(yaml);
        List<DeviceGroup> fleet = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Set<String> prefixes = new HashSet<>();
        for (YamlObject group : yaml.objects("fleet")) {
            DeviceGroup one = group(group);
            if (!names.add(one.name())) {
                throw group.error("name", "'" + one.name() + "' is the name of another group, too");
            }
            if (!prefixes.add(one.prefix())) {
                throw group.error("prefix", "'" + one.prefix() + "' is the prefix of another group, too");
            }
            if (one.count() > 0) {
                fleet.add(one);
            }
        }
        if (fleet.isEmpty()) {
            throw yaml.error("fleet", "needs at least one group of devices");
        }
        int qos = (int) yaml.number("qos", 1, 0, 2);
        if (qos != 1 && fleet.stream().anyMatch(group -> group.duplicates() > 0)) {
            throw yaml.error("qos", "must be 1 if messages are sent twice");
        }
        List<FleetEvent> events = new ArrayList<>();
        for (YamlObject burst : yaml.objects("bursts")) {
            events.add(burst(burst, names));
        }
        for (YamlObject storm : yaml.objects("reconnect-storms")) {
            events.add(storm(storm, names));
        }
        List<BadClients> badClients = new ArrayList<>();
        for (YamlObject clients : yaml.objects("bad-clients")) {
            BadClients some = badClients(clients);
            if (some.count() > 0) {
                badClients.add(some);
            }
        }
        List<ShadowTraffic> shadows = new ArrayList<>();
        for (YamlObject traffic : yaml.objects("shadows")) {
            shadows.add(shadow(traffic, fleet));
        }
        long seed = yaml.number("seed", 1, Long.MIN_VALUE, Long.MAX_VALUE);
        YamlObject chaos = yaml.object("chaos");
        YamlObject limits = yaml.object("limits");
        String name = yaml.text("name");
        yaml.text("description", null);
        Scenario scenario = new Scenario(
                name,
                seed,
                qos,
                (int) yaml.number("window", 20, 1, 65_535),
                yaml.flag("status", false),
                phases,
                fleet,
                events,
                badClients,
                shadows,
                chaos == null ? null : chaos(chaos, seed),
                limits == null ? new Limits() : limits(limits));
        yaml.end();
        return scenario;
    }

    private List<Phase> phases(YamlObject yaml) throws ScenarioException {
        List<YamlObject> objects = yaml.objects("phases");
        if (objects.isEmpty()) {
            throw yaml.error("phases", "needs at least one phase");
        }
        double seconds = 0;
        for (YamlObject phase : objects) {
            seconds += phase.positiveDuration("duration").toNanos() / 1e9;
        }
        Duration wanted = sizing.duration();
        if (wanted != null) {
            stretch = wanted.toNanos() / 1e9 / seconds;
        }
        List<Phase> phases = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (YamlObject phase : objects) {
            boolean absolute = phase.has("rate");
            if (absolute && phase.has("load")) {
                throw phase.error("rate", "and load exclude each other");
            }
            double[] range =
                    absolute ? phase.range("rate") : phase.has("load") ? phase.range("load") : new double[] {1, 1};
            String name = phase.text("name");
            if (!names.add(name)) {
                throw phase.error("name", "'" + name + "' is the name of another phase, too");
            }
            phases.add(new Phase(
                    name,
                    stretched(phase.positiveDuration("duration")),
                    absolute ? sizing.rate(range[0]) : range[0],
                    absolute ? sizing.rate(range[1]) : range[1],
                    absolute));
            phase.end();
        }
        return phases;
    }

    private Duration stretched(Duration duration) {
        return Duration.ofNanos((long) (duration.toNanos() * stretch));
    }

    private DeviceGroup group(YamlObject yaml) throws ScenarioException {
        String name = yaml.text("name");
        List<DeviceType> types = new ArrayList<>();
        for (String type : yaml.texts("type")) {
            types.add(yaml.choice("type", type, DeviceType.class));
        }
        int whole = sizing.count(yaml.requiredCount("count", MAX_DEVICES));
        int count = sizing.ofPart(whole);
        int connections = count;
        if (yaml.has("connections")) {
            int asked = sizing.ofPart(sizing.count((int) yaml.number("connections", 1, 1, MAX_DEVICES)));
            connections = Math.max(count == 0 ? 0 : 1, Math.min(count, asked));
        }
        YamlObject offline = yaml.object("offline");
        YamlObject curve = yaml.object("daily-curve");
        Duration interval = yaml.has("interval") ? yaml.positiveDuration("interval") : null;
        int batch = (int) yaml.number("batch", 1, 1, 1_000);
        boolean timed = yaml.flag("timestamps", true);
        if (!timed && (batch > 1 || offline != null || yaml.has("late") || yaml.has("clock-skew"))) {
            throw yaml.error("timestamps", "must be on where readings are batched, late, skewed or back-filled");
        }
        DeviceGroup group = new DeviceGroup(
                name,
                Objects.requireNonNull(yaml.text("prefix", name + "-")),
                types.isEmpty() ? Arrays.asList(DeviceType.values()) : types,
                count,
                sizing.part() - 1,
                sizing.parts(),
                connections,
                interval,
                batch,
                timed,
                curve == null ? null : dailyCurve(curve),
                yaml.share("duplicates", 0),
                shift(yaml.object("late"), true),
                shift(yaml.object("clock-skew"), false),
                offline == null ? null : offline(offline));
        if (!(group.prefix() + "0").matches("[a-zA-Z0-9:_-]{1,110}")) {
            throw yaml.error("prefix", "may hold 1 to 109 of the characters a-z A-Z 0-9 : _ -");
        }
        yaml.end();
        return group;
    }

    private DailyCurve dailyCurve(YamlObject yaml) throws ScenarioException {
        YamlObject points = yaml.object("points");
        if (points == null || points.keys().isEmpty()) {
            throw yaml.error("points", "needs at least one time of the day with its factor");
        }
        TreeMap<Double, Double> factors = new TreeMap<>();
        for (String time : points.keys()) {
            factors.put(points.hourOfDay(time, time), points.decimal(time));
        }
        Duration day = yaml.has("day") ? yaml.positiveDuration("day") : DAY;
        String startsAt = Objects.requireNonNull(yaml.text("starts-at", "00:00"));
        DailyCurve curve = new DailyCurve(stretched(day), yaml.hourOfDay("starts-at", startsAt), factors);
        yaml.end();
        return curve;
    }

    private DeviceGroup.Shift shift(@Nullable YamlObject yaml, boolean onTheClock) throws ScenarioException {
        if (yaml == null) {
            return DeviceGroup.Shift.NONE;
        }
        Duration by = onTheClock
                ? stretched(yaml.positiveDuration("by"))
                : Objects.requireNonNull(yaml.signedDuration("by", Duration.ZERO));
        DeviceGroup.Shift shift = new DeviceGroup.Shift(yaml.share("share", 1), by, yaml.flag("refused", false));
        yaml.end();
        return shift;
    }

    private DeviceGroup.Offline offline(YamlObject yaml) throws ScenarioException {
        DeviceGroup.Offline offline = new DeviceGroup.Offline(
                yaml.share("share", 1),
                stretched(yaml.positiveDuration("every")),
                stretched(yaml.positiveDuration("for")),
                (int) yaml.number("backfill-batch", 50, 1, 1_000));
        if (offline.duration().compareTo(offline.every()) >= 0) {
            throw yaml.error("for", "must be shorter than every");
        }
        yaml.end();
        return offline;
    }

    private FleetEvent burst(YamlObject yaml, Set<String> groups) throws ScenarioException {
        FleetEvent burst = new FleetEvent.Burst(
                stretched(yaml.duration("at")), fleet(yaml, groups), (int) yaml.number("messages", 1, 1, 10_000));
        yaml.end();
        return burst;
    }

    private FleetEvent storm(YamlObject yaml, Set<String> groups) throws ScenarioException {
        FleetEvent storm = new FleetEvent.ReconnectStorm(
                stretched(yaml.duration("at")),
                fleet(yaml, groups),
                yaml.share("share", 1),
                stretched(Objects.requireNonNull(yaml.duration("away", Duration.ZERO))),
                stretched(Objects.requireNonNull(yaml.duration("spread", Duration.ZERO))));
        yaml.end();
        return storm;
    }

    private static @Nullable String fleet(YamlObject yaml, Set<String> groups) throws ScenarioException {
        String name = yaml.text("fleet", null);
        if (name != null && !groups.contains(name)) {
            throw yaml.error("fleet", "there is no group '" + name + "'");
        }
        return name;
    }

    private BadClients badClients(YamlObject yaml) throws ScenarioException {
        BadClients clients = new BadClients(
                yaml.choice("kind", yaml.text("kind"), BadClients.Kind.class),
                sizing.ofPart(sizing.count((int) yaml.number("count", 1, 1, 10_000))),
                yaml.has("interval") ? yaml.positiveDuration("interval") : Duration.ofSeconds(1),
                (int) yaml.number("bytes", 300 * 1024, 1, 64 * 1024 * 1024));
        yaml.end();
        return clients;
    }

    private ShadowTraffic shadow(YamlObject yaml, List<DeviceGroup> fleet) throws ScenarioException {
        String name = yaml.text("fleet");
        Map<String, DeviceGroup> groups = new HashMap<>();
        fleet.forEach(group -> groups.put(group.name(), group));
        DeviceGroup group = groups.get(name);
        if (group == null) {
            throw yaml.error("fleet", "there is no group '" + name + "'");
        }
        if (group.connections() != group.count()) {
            throw yaml.error("fleet", "devices with shadows need a connection each");
        }
        ShadowTraffic traffic = new ShadowTraffic(
                group,
                yaml.text("shadow-name", null),
                Math.max(1, sizing.ofPart(sizing.count((int) yaml.number("apps", 1, 1, 10_000)))),
                sizing.rate(yaml.decimal("rate")),
                Objects.requireNonNull(yaml.duration("reaction", Duration.ZERO)),
                Objects.requireNonNull(yaml.text("topic-prefix", "$aws/things/")));
        yaml.end();
        return traffic;
    }

    private ChaosPlan chaos(YamlObject yaml, long seed) throws ScenarioException {
        List<String> commands = yaml.texts("commands");
        if (commands.isEmpty()) {
            throw yaml.error("commands", "needs at least one command");
        }
        ChaosPlan plan = new ChaosPlan(
                commands,
                stretched(yaml.positiveDuration("every")),
                stretched(Objects.requireNonNull(yaml.duration("after", Duration.ZERO))),
                (int) yaml.number("times", 1_000_000, 1, 1_000_000),
                yaml.number("seed", seed, Long.MIN_VALUE, Long.MAX_VALUE));
        yaml.end();
        return plan;
    }

    private Limits limits(YamlObject yaml) throws ScenarioException {
        Limits limits = new Limits();
        for (Limits.Kind kind : Limits.Kind.values()) {
            String key = kind.key();
            if (!yaml.has(key)) {
                continue;
            }
            if (kind.isDuration()) {
                limits.set(kind, yaml.duration(key, Duration.ZERO));
            } else {
                limits.set(kind, yaml.decimal(key));
            }
        }
        yaml.end();
        return limits;
    }
}
