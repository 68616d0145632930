package io.hearth.simulator.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RateCurveTest {

    private static Phase phase(double seconds, double from, double to, boolean absolute) {
        return new Phase("p", Duration.ofNanos((long) (seconds * 1e9)), from, to, absolute);
    }

    @Test
    void dueNanos_steadyLoad_isEvenlySpaced() {
        RateCurve curve = new RateCurve(List.of(phase(10, 1, 1, false)), 50, 50, seconds -> 1);

        assertEquals(500, curve.total());
        for (long k = 0; k < 500; k++) {
            assertEquals(k * 20_000_000.0, curve.dueNanos(k), 1_000);
        }
    }

    @Test
    void dueNanos_rampFromZero_followsTheSquareRoot() {
        RateCurve curve = new RateCurve(List.of(phase(10, 0, 100, true)), 20, 20, seconds -> 1);

        assertEquals(500, curve.total());
        for (long k = 0; k < 500; k++) {
            assertEquals(Math.sqrt(k / 5.0), curve.dueNanos(k) / 1e9, 1e-6, "message " + k);
        }
    }

    @Test
    void dueNanos_severalPhasesAndADay_neverGoesBackAndKeepsEachPhasesCount() {
        DailyCurve day = new DailyCurve(Duration.ofSeconds(20), 0, new TreeMap<>(Map.of(0.0, 0.0, 12.0, 2.0)));
        RateCurve curve = new RateCurve(
                List.of(phase(5, 1, 1, false), phase(5, 0, 0, false), phase(10, 200, 200, true)),
                100,
                200,
                day::factor);

        // The day rises to 1 in the first phase, the second is silent, the third comes down from 2 at half the fleet's
        // rate.
        assertEquals(250 + 0 + 1_000, curve.total());
        long last = -1;
        long inFirst = 0;
        for (long k = 0; k < curve.total(); k++) {
            long due = curve.dueNanos(k);
            assertTrue(due >= last, "message " + k);
            assertTrue(due <= 5_000_001_000L || due >= 9_999_000_000L, "message " + k + " is due at " + due);
            inFirst += due <= 5_000_001_000L ? 1 : 0;
            last = due;
        }
        assertEquals(250, inFirst, 1);
        // Asking for an earlier one again gives the same answer.
        assertEquals(
                new RateCurve(List.of(phase(5, 1, 1, false)), 100, 200, day::factor).dueNanos(7), curve.dueNanos(7));
    }

    @Test
    void factor_overMidnight_goesInAStraightLine() {
        DailyCurve curve = new DailyCurve(Duration.ofDays(1), 23, new TreeMap<>(Map.of(22.0, 4.0, 2.0, 0.0)));

        assertEquals(3, curve.factor(0), 1e-9);
        assertEquals(2, curve.factor(3_600), 1e-9);
        assertEquals(1, curve.factor(2 * 3_600), 1e-9);
        assertEquals(0, curve.factor(3 * 3_600), 1e-9);
        assertEquals(0.2, curve.factor(4 * 3_600), 1e-9);
    }
}
