package io.hearth.simulator.fleet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FleetTest {

    private static final long NOON_MICROS =
            Instant.parse("2026-11-22T12:00:00Z").toEpochMilli() * 1_000;
    private static final long STEP_MICROS = 10_000_000;
    private static final int TICKS_PER_DAY = 8_640;

    /** Lowest and highest value that would not surprise anybody in a house. */
    private static final Map<String, long[]> PLAUSIBLE = Map.ofEntries(
            Map.entry("temperature", new long[] {140, 280}),
            Map.entry("humidity", new long[] {200, 700}),
            Map.entry("setpoint", new long[] {150, 250}),
            Map.entry("illuminance", new long[] {0, 1_000}),
            Map.entry("battery", new long[] {0, 1_000}),
            Map.entry("power", new long[] {0, 4_000}),
            Map.entry("energy", new long[] {0, 1_000_000_000}),
            Map.entry("voltage", new long[] {2_200, 2_400}),
            Map.entry("co2", new long[] {400, 2_000}),
            Map.entry("pm25", new long[] {0, 500}),
            Map.entry("tvoc", new long[] {0, 1_000}));

    private static long[] measure(Fleet fleet, int device, long micros) {
        long[] values = new long[fleet.type(device).shape().size()];
        fleet.measure(device, micros, values, 0);
        return values;
    }

    @Test
    void measure_sameSeedDeviceAndTime_sameValuesInAnyOrder() {
        Fleet fleet = new Fleet("d", 10, 42);
        Fleet again = new Fleet("d", 10, 42);
        for (int device = 9; device >= 0; device--) {
            for (int tick = 100; tick >= 0; tick--) {
                long time = NOON_MICROS + tick * STEP_MICROS;
                assertArrayEquals(measure(fleet, device, time), measure(again, device, time));
            }
        }
    }

    @Test
    void measure_otherSeedOrOtherDevice_otherValues() {
        Set<Long> firstValues = new HashSet<>();
        for (int seed = 0; seed < 20; seed++) {
            Fleet fleet = new Fleet("d", 100, seed);
            for (int device = 0; device < 100; device += DeviceType.values().length) {
                firstValues.add(measure(fleet, device, NOON_MICROS)[1]);
            }
        }
        assertTrue(firstValues.size() > 50, "only " + firstValues.size() + " different humidities");
    }

    @ParameterizedTest
    @EnumSource(DeviceType.class)
    void measure_overADay_staysPlausibleAndMoves(DeviceType type) {
        Fleet fleet = new Fleet("d", 100, 7);
        for (int i = 0; i < type.shape().size(); i++) {
            Metric metric = type.shape().metrics().get(i);
            Set<Long> seen = new HashSet<>();
            for (int device = type.ordinal(); device < 100; device += DeviceType.values().length) {
                for (int tick = 0; tick < TICKS_PER_DAY; tick += 7) {
                    long value = measure(fleet, device, NOON_MICROS + tick * STEP_MICROS)[i];
                    long[] range = metric.kind() == MetricKind.FLAG
                            ? new long[] {0, 1}
                            : Objects.requireNonNull(PLAUSIBLE.get(metric.name()), metric.name());
                    assertTrue(value >= range[0] && value <= range[1], metric + " is " + value);
                    seen.add(value);
                }
            }
            assertTrue(seen.size() > 1, metric + " never changes");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 99})
    void measure_energy_neverFalls(long seed) {
        Fleet fleet = new Fleet("d", 5, seed);
        int plug = DeviceType.POWER_PLUG.ordinal();
        int energy = DeviceType.POWER_PLUG.shape().indexOf("energy");
        long before = 0;
        for (int tick = 0; tick < 3 * TICKS_PER_DAY; tick++) {
            long now = measure(fleet, plug, NOON_MICROS + tick * STEP_MICROS)[energy];
            assertTrue(now >= before, "fell from " + before + " to " + now);
            before = now;
        }
        assertTrue(before > measure(fleet, plug, NOON_MICROS)[energy], "did not grow in three days");
    }

    @Test
    void measure_yesterday_isLikeTheDayBefore() {
        Fleet fleet = new Fleet("d", 4, 3);
        int motion = DeviceType.MOTION.ordinal();
        int light = DeviceType.MOTION.shape().indexOf("illuminance");
        long night = NOON_MICROS - 11L * 3_600 * 1_000_000;
        assertTrue(measure(fleet, motion, NOON_MICROS)[light] > 10 * measure(fleet, motion, night)[light]);
    }

    @Test
    void types_takeTurns() {
        Fleet fleet = new Fleet("home:", 7, 1);
        assertEquals("home:6", fleet.deviceId(6));
        assertEquals(DeviceType.THERMOSTAT, fleet.type(0));
        assertEquals(DeviceType.AIR_QUALITY, fleet.type(4));
        assertEquals(DeviceType.THERMOSTAT, fleet.type(5));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b", "ä", "a b", "#"})
    void new_prefixThatMakesNoDeviceId_isRefused(String prefix) {
        assertThrows(IllegalArgumentException.class, () -> new Fleet(prefix, 1, 1));
    }
}
