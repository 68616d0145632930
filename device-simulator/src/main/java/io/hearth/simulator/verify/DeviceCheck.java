package io.hearth.simulator.verify;

import io.hearth.simulator.fleet.Metric;
import io.hearth.simulator.fleet.Shape;
import io.hearth.simulator.ledger.Delivery;
import io.hearth.simulator.ledger.LedgerEntry;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds one device's ledger against its stored readings, which come in one by one. A reading that was sent with a time is
 * found by that time, one without by its sequence number. For one thread.
 */
final class DeviceCheck {

    private final String deviceId;
    private final VerifyTally tally;
    private final Map<Long, Expected> byTime = new HashMap<>();
    private final Map<Long, Expected> bySequence = new HashMap<>();
    private final long untilMillis;
    private long lastTimeMicros = Long.MIN_VALUE;

    /** @param until see {@link VerifySettings} */
    DeviceCheck(String deviceId, @Nullable Instant until, VerifyTally tally) {
        this.untilMillis = until == null ? Long.MAX_VALUE : until.toEpochMilli();
        this.deviceId = deviceId;
        this.tally = tally;
    }

    /** Takes in one reading of the ledger; all of them come before the stored ones. */
    void sent(LedgerEntry entry) {
        Map<Long, Expected> index = entry.timed() ? byTime : bySequence;
        long key = entry.timed() ? entry.deviceTimeMicros() : entry.sequence();
        if (entry.sentMillis() > untilMillis) {
            tally.afterUntil();
        }
        Expected before = index.put(key, new Expected(entry, untilMillis));
        if (before != null) {
            // The same time sent again, as by two runs over the same history: either of them may have come last.
            Expected now = index.get(key);
            if (now != null) {
                now.alternative = before.entry;
                now.mustExist |= before.mustExist;
                now.sentLater &= before.sentLater;
            }
        }
    }

    /** Takes in one reading of the service's answer. */
    void stored(StoredReading reading) {
        long time = reading.deviceTimeMicros();
        if (time < lastTimeMicros) {
            tally.found(FindingClass.OUT_OF_ORDER, () -> describe(time) + " comes after " + instant(lastTimeMicros));
        }
        lastTimeMicros = Math.max(lastTimeMicros, time);
        Expected expected = find(reading);
        if (expected == null) {
            tally.found(FindingClass.UNEXPECTED, () -> describe(time) + " is stored: " + reading.values());
            return;
        }
        expected.times++;
        if (expected.sentLater) {
            tally.found(
                    FindingClass.UNEXPECTED,
                    () -> describe(expected.entry, time) + " is stored and was first sent at "
                            + Instant.ofEpochMilli(expected.entry.sentMillis()));
        }
        if (expected.times > 1) {
            tally.found(
                    FindingClass.DOUBLED,
                    () -> describe(expected.entry, time) + " is stored " + expected.times + " times");
        }
        compare(expected, reading);
    }

    private @Nullable Expected find(StoredReading reading) {
        Object sequence = reading.values().get(LedgerEntry.SEQUENCE_METRIC);
        return sequence instanceof Double number
                ? bySequence.get((long) (double) number)
                : byTime.get(reading.deviceTimeMicros());
    }

    /** Whether something acknowledged has not been there so far. */
    boolean isMissingSomething() {
        return isMissing(byTime) || isMissing(bySequence);
    }

    private static boolean isMissing(Map<Long, Expected> index) {
        return index.values().stream().anyMatch(expected -> expected.mustExist && expected.times == 0);
    }

    /** Takes in one reading of a later answer: one that was missing before has become visible late. */
    void storedLater(StoredReading reading) {
        Expected expected = find(reading);
        if (expected != null && expected.mustExist && expected.times == 0) {
            expected.times++;
            tally.found(
                    FindingClass.LATE_VISIBLE,
                    () -> describe(expected.entry, reading.deviceTimeMicros())
                            + " was acknowledged and became visible only later");
            compare(expected, reading);
        }
    }

    private void compare(Expected expected, StoredReading reading) {
        long time = reading.deviceTimeMicros();
        LedgerEntry alternative = expected.alternative;
        if (!sameValues(expected.entry, reading.values())
                && (alternative == null || !sameValues(alternative, reading.values()))) {
            tally.found(
                    FindingClass.CHANGED,
                    () -> describe(expected.entry, time) + " was sent " + values(expected.entry) + ", stored "
                            + reading.values());
        }
    }

    /** After the last stored reading: adds this device to the tally. */
    void finish() {
        finish(byTime);
        finish(bySequence);
    }

    private void finish(Map<Long, Expected> index) {
        for (Expected expected : index.values()) {
            boolean there = expected.times > 0;
            if (expected.mustExist) {
                tally.acknowledged(there);
                if (!there) {
                    tally.found(
                            FindingClass.LOST,
                            () -> describe(expected.entry, expected.entry.deviceTimeMicros())
                                    + " was acknowledged and is not stored: " + values(expected.entry));
                }
            } else if (!expected.sentLater) {
                tally.uncertain(there);
            }
        }
    }

    private static boolean sameValues(LedgerEntry entry, Map<String, Object> stored) {
        Shape shape = entry.shape();
        if (stored.size() != shape.size()) {
            return false;
        }
        for (int i = 0; i < shape.size(); i++) {
            Metric metric = shape.metrics().get(i);
            Object value = stored.get(metric.name());
            if (value == null || !same(metric.value(entry.values()[i]), value)) {
                return false;
            }
        }
        return true;
    }

    /** Numbers by value, so that 0.0 and -0.0 are the same. */
    private static boolean same(Object sent, Object stored) {
        if (sent instanceof Double a && stored instanceof Double b) {
            return a.doubleValue() == b.doubleValue();
        }
        return sent.equals(stored);
    }

    private static Map<String, Object> values(LedgerEntry entry) {
        Map<String, Object> values = new HashMap<>();
        for (int i = 0; i < entry.shape().size(); i++) {
            Metric metric = entry.shape().metrics().get(i);
            values.put(metric.name(), metric.value(entry.values()[i]));
        }
        return values;
    }

    private String describe(LedgerEntry entry, long timeMicros) {
        return entry.timed() ? describe(timeMicros) : deviceId + " seq " + entry.sequence();
    }

    private String describe(long timeMicros) {
        return deviceId + " " + instant(timeMicros);
    }

    private static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    private static final class Expected {
        final LedgerEntry entry;

        @Nullable
        LedgerEntry alternative;

        boolean mustExist;
        int times;

        /** Sent after the instant that was asked about. */
        boolean sentLater;

        Expected(LedgerEntry entry, long untilMillis) {
            this.entry = entry;
            this.mustExist = entry.delivery() == Delivery.ACKNOWLEDGED && entry.acknowledgedMillis() <= untilMillis;
            this.sentLater = entry.sentMillis() > untilMillis;
        }
    }
}
