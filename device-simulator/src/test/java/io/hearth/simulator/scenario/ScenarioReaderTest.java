package io.hearth.simulator.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScenarioReaderTest {

    private static final String WHOLE = """
            name: Everything
            description: for people only
            seed: 42
            qos: 1
            window: 30
            status: true
            phases:
              - {name: up, duration: 10s, load: 0..1}
              - {name: flat, duration: 1m, rate: 500}
            fleet:
              - name: a
                prefix: "a:"
                type: [thermostat, power-plug]
                count: 100
                connections: 10
                interval: 2s
                batch: 4
                daily-curve: {day: 60s, starts-at: "06:30", points: {"00:00": 0.5, "12:00": 2}}
                duplicates: 2%
                late: {share: 0.1, by: 3s}
                clock-skew: {share: 20%, by: -1h, refused: true}
                offline: {share: 30%, every: 20s, for: 5s, backfill-batch: 25}
              - {name: b, count: 3, timestamps: false, interval: 1500ms}
            bursts:
              - {at: 5s, fleet: a, messages: 3}
            reconnect-storms:
              - {at: 6s, share: 50%, away: 1s, spread: 2s}
            bad-clients:
              - {kind: half-packet, count: 4, interval: 100ms}
            shadows:
              - {fleet: b, apps: 2, rate: 40, reaction: 5ms, shadow-name: lamp}
            chaos: {commands: [kill, restart], every: 7s, after: 1s, times: 3}
            limits: {max-p99: 250ms, min-rate: 90, max-errors: 5}
            """;

    private static Scenario parse(String yaml, Sizing sizing) throws ScenarioException {
        return ScenarioReader.parse("s.yaml", yaml, sizing);
    }

    @Test
    void parse_everyKey_isRead() throws ScenarioException {
        Scenario scenario = parse(WHOLE, Sizing.AS_IT_IS);

        assertEquals("Everything", scenario.name());
        assertEquals(Duration.ofSeconds(70), scenario.duration());
        assertEquals(13 + 2, scenario.connections());
        DeviceGroup a = scenario.fleet().get(0);
        assertEquals("a:99", a.deviceId(99));
        assertEquals(4, a.batch());
        assertEquals(Duration.ofHours(-1), a.skew().by());
        assertTrue(a.skew().refused());
        assertEquals(0.1, a.late().share());
        assertEquals(new DeviceGroup.Offline(0.3, Duration.ofSeconds(20), Duration.ofSeconds(5), 25), a.offline());
        assertEquals(6.5, assertNotNullCurve(a).startsAtHour());
        assertEquals("b-", scenario.fleet().get(1).prefix());
        assertEquals(
                new FleetEvent.ReconnectStorm(
                        Duration.ofSeconds(6), null, 0.5, Duration.ofSeconds(1), Duration.ofSeconds(2)),
                scenario.events().get(1));
        assertEquals(BadClients.Kind.HALF_PACKET, scenario.badClients().get(0).kind());
        assertEquals("lamp", scenario.shadows().get(0).shadowName());
        assertEquals(3, Objects.requireNonNull(scenario.chaos()).times());
        // a: 10 s from 0 to 1 at 50/s, then a share of 500/s that goes by the base rates, 50 and 2 of 52, times its
        // day.
        assertEquals(
                20 / 2 + 500.0 * 2 / 52 * 60,
                scenario.telemetryCurve(scenario.fleet().get(1)).total(),
                1);
    }

    private static DailyCurve assertNotNullCurve(DeviceGroup group) {
        DailyCurve curve = group.dailyCurve();
        assertNotNull(curve);
        return Objects.requireNonNull(curve);
    }

    @Test
    void parse_otherSize_scalesClockAndNumbers() throws ScenarioException {
        Scenario small = parse(WHOLE, new Sizing(Duration.ofSeconds(7), 0.1, 1, 1));

        assertEquals(Duration.ofSeconds(7), small.duration());
        DeviceGroup a = small.fleet().get(0);
        assertEquals(10, a.count());
        assertEquals(1, a.connections());
        assertEquals(Duration.ofSeconds(2), a.interval(), "rates of a device stay what they are");
        assertEquals(Duration.ofMillis(500), Objects.requireNonNull(a.offline()).duration());
        assertEquals(Duration.ofMillis(600), small.events().get(1).at());
        assertEquals(50, small.phases().get(1).from());
        assertEquals(4, small.shadows().get(0).perSecond());
    }

    @Test
    void parse_parts_shareTheFleetWithoutOverlap() throws ScenarioException {
        Set<String> ids = new HashSet<>();
        for (int part = 1; part <= 3; part++) {
            Scenario scenario = parse(WHOLE, new Sizing(null, 1, part, 3));
            for (DeviceGroup group : scenario.fleet()) {
                for (int i = 0; i < group.count(); i++) {
                    assertTrue(ids.add(group.deviceId(i)), group.deviceId(i) + " is played twice");
                }
            }
        }
        assertEquals(103, ids.size());
        assertTrue(ids.contains("a:0") && ids.contains("a:99") && ids.contains("b-2"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            window: 30           | window: 0                  | s.yaml:5:9: window: '0' is not a whole number from 1 to 65535
            qos: 1               | qos: 2                     | s.yaml:4:6: qos: must be 1 if messages are sent twice
            seed: 42             | sead: 42                   | s.yaml:3:7: sead: is no key known here
            name: up,            | name: flat,                | s.yaml:9:12: phases[1].name: 'flat' is the name of another phase
            duration: 1m         | duration: 1 minute         | s.yaml:9:28: phases[1].duration: '1 minute' is not a duration
            load: 0..1           | load: 0..x                 | s.yaml:8:37: phases[0].load: 'x' is not a number
            load: 0..1           | load: 1, rate: 5           | s.yaml:8:46: phases[0].rate: and load exclude each other
            power-plug]          | fridge]                    | s.yaml:13:11: fleet[0].type: 'fridge' is none of thermostat, motion, power-plug, contact, air-quality
            count: 100           | count: many                | s.yaml:14:12: fleet[0].count: 'many' is not a whole number
            interval: 2s         | interval: 0s               | s.yaml:16:15: fleet[0].interval: must be above 0
            "06:30"              | "6h30"                     | fleet[0].daily-curve.starts-at: '6h30' is not a time of the day
            0.5, "12:00"         | -1, "12:00"                | fleet[0].daily-curve.points.00:00: '-1' is not a number
            duplicates: 2%       | duplicates: 200%           | s.yaml:19:17: fleet[0].duplicates: '200%' is not a share
            for: 5s              | for: 20s                   | fleet[0].offline.for: must be shorter than every
            timestamps: false    | timestamps: no             | s.yaml:23:37: fleet[1].timestamps: 'no' is neither true nor false
            timestamps: false    | timestamps: false, batch: 2 | fleet[1].timestamps: must be on where readings are batched
            name: b              | name: a                    | s.yaml:23:12: fleet[1].name: 'a' is the name of another group
            fleet: a             | fleet: c                   | s.yaml:25:21: bursts[0].fleet: there is no group 'c'
            half-packet          | evil                       | s.yaml:29:12: bad-clients[0].kind: 'evil' is none of malformed
            fleet: b             | fleet: a                   | shadows[0].fleet: devices with shadows need a connection each
            [kill, restart]      | []                         | chaos.commands: needs at least one command
            max-errors: 5        | max-horror: 5              | limits.max-horror: is no key known here
            "a:"                 | "a/"                       | fleet[0].prefix: may hold 1 to 109 of the characters
            seed: 42             | seed: [                    | is no YAML
            name: Everything     | "name: A\\nname: B"        | is no YAML
            """)
    void parse_mistake_saysFileLineAndField(String right, String wrong, String message) {
        assertTrue(WHOLE.contains(right));
        String yaml = WHOLE.replaceFirst(Pattern.quote(right), Matcher.quoteReplacement(wrong.replace("\\n", "\n")));

        ScenarioException e = assertThrows(ScenarioException.class, () -> parse(yaml, Sizing.AS_IT_IS));

        assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
        assertTrue(String.valueOf(e.getMessage()).startsWith("s.yaml"), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''               | is empty
            just text        | a mapping of keys to values is wanted here
            '[1, 2]'         | a mapping of keys to values is wanted here
            'name: x'        | phases: needs at least one phase
            'a: &x [*x]'     | phases: needs at least one phase
            'phases: 5'      | phases: a list is wanted here
            """)
    void parse_noScenario_isRefused(String yaml, String message) {
        ScenarioException e = assertThrows(ScenarioException.class, () -> parse(yaml, Sizing.AS_IT_IS));

        assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
    }
}
