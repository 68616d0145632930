package io.hearth.simulator.publish.scenario;

import io.hearth.simulator.fleet.DeviceType;
import io.hearth.simulator.fleet.Fleet;
import io.hearth.simulator.fleet.Metric;
import io.hearth.simulator.fleet.MetricKind;
import io.hearth.simulator.fleet.Shape;
import io.hearth.simulator.ledger.LedgerEntry;
import io.hearth.simulator.publish.DeviceTime;
import io.hearth.simulator.publish.Devices;
import io.hearth.simulator.publish.Message;
import io.hearth.simulator.scenario.DeviceGroup;
import io.hearth.simulator.scenario.Scenario;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The devices of a scenario and what they measure when. Keeps each device's last time, as two readings of a device at one
 * time would be one reading to the service. For one thread.
 */
public final class ScenarioWorkload implements Devices {

    private static final Metric SEQUENCE = new Metric(LedgerEntry.SEQUENCE_METRIC, MetricKind.INTEGER);
    private static final long MICROS_PER_MILLI = 1_000;

    private final Scenario scenario;
    private final Fleet fleet;
    private final DeviceGroup[] groupOf;
    private final int[] firstDevice;
    private final Map<DeviceType, Shape> timedShapes = new EnumMap<>(DeviceType.class);
    private final Map<DeviceType, Shape> untimedShapes = new EnumMap<>(DeviceType.class);
    private final long[] lastTimeMicros;
    private final long[] nextSequence;
    private final int maxValues;
    private long startNanos;
    private long startMicros;

    public ScenarioWorkload(Scenario scenario) {
        this.scenario = scenario;
        List<String> ids = new ArrayList<>();
        List<DeviceType> types = new ArrayList<>();
        List<DeviceGroup> groups = new ArrayList<>();
        firstDevice = new int[scenario.fleet().size()];
        for (int g = 0; g < firstDevice.length; g++) {
            DeviceGroup group = scenario.fleet().get(g);
            firstDevice[g] = ids.size();
            for (int i = 0; i < group.count(); i++) {
                ids.add(group.deviceId(i));
                types.add(group.types().get(i % group.types().size()));
                groups.add(group);
            }
        }
        fleet = new Fleet(ids, types, scenario.seed());
        groupOf = groups.toArray(new DeviceGroup[0]);
        lastTimeMicros = new long[groupOf.length];
        Arrays.fill(lastTimeMicros, Long.MIN_VALUE);
        nextSequence = new long[groupOf.length];
        int widest = 0;
        for (DeviceType type : DeviceType.values()) {
            Shape shape = type.shape();
            timedShapes.put(type, shape);
            untimedShapes.put(type, shape.with(SEQUENCE));
            widest = Math.max(widest, shape.size() + 1);
        }
        maxValues = widest;
    }

    Scenario scenario() {
        return scenario;
    }

    /** The number of the group's first device; the others follow it. */
    int firstDevice(int group) {
        return firstDevice[group];
    }

    @Override
    public int devices() {
        return groupOf.length;
    }

    @Override
    public String deviceId(int device) {
        return fleet.deviceId(device);
    }

    @Override
    public Shape shape(int device) {
        return Objects.requireNonNull((timed(device) ? timedShapes : untimedShapes).get(fleet.type(device)));
    }

    @Override
    public boolean timed(int device) {
        return groupOf[device].timed();
    }

    @Override
    public DeviceTime.TimeUnit timeUnit(int device) {
        return DeviceTime.TimeUnit.MILLIS;
    }

    @Override
    public int valuesPerReading() {
        return maxValues;
    }

    @Override
    public void continueAfter(int device, long lastDeviceTimeMicros, long lastSequence) {
        lastTimeMicros[device] = Math.max(lastTimeMicros[device], lastDeviceTimeMicros);
        nextSequence[device] = Math.max(nextSequence[device], lastSequence + 1);
    }

    void start(long nowNanos, Instant now) {
        startNanos = nowNanos;
        startMicros = ChronoUnit.MICROS.between(Instant.EPOCH, now);
    }

    /** What the device measured by {@code dueNanos} and is to send at {@code sendNanos}. */
    Due measure(int device, long dueNanos, long sendNanos) {
        DeviceGroup group = groupOf[device];
        int readings = group.batch();
        long spacing = Math.max(
                MICROS_PER_MILLI,
                group.interval() == null ? 0 : group.interval().toNanos() / 1_000 / readings);
        long skew = isSkewed(device) ? group.skew().by().toNanos() / 1_000 : 0;
        long newest = startMicros + (dueNanos - startNanos) / 1_000 + skew;
        long first = Math.floorDiv(newest - (readings - 1) * spacing, MICROS_PER_MILLI) * MICROS_PER_MILLI;
        first = Math.max(
                first, lastTimeMicros[device] == Long.MIN_VALUE ? first : lastTimeMicros[device] + MICROS_PER_MILLI);
        spacing = Math.floorDiv(spacing, MICROS_PER_MILLI) * MICROS_PER_MILLI;
        lastTimeMicros[device] = first + (readings - 1) * spacing;
        return new Due(device, first, spacing, readings, sendNanos);
    }

    /** Whether the device's clock is wrong. */
    boolean isSkewed(int device) {
        return chance(device, 1) < groupOf[device].skew().share();
    }

    /** Whether the service is expected to refuse what this device measures. */
    boolean isRefused(int device) {
        return groupOf[device].skew().refused() && isSkewed(device);
    }

    /** Uniform in [0, 1): the same for the same seed, device and question. */
    double chance(int device, long question) {
        long z = scenario.seed() * 0x9E3779B97F4A7C15L
                + deviceId(device).hashCode() * 31L
                + question * 0x632BE59BD9B4E019L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return ((z ^ (z >>> 31)) >>> 11) * 0x1.0p-53;
    }

    Message newMessage(DeviceGroup group) {
        int backfill = group.offline() == null ? 1 : group.offline().backfillBatch();
        return new Message(Math.max(group.batch(), backfill), maxValues);
    }

    /** Adds the readings that are due to the message, which must have room for them. */
    void append(Message message, Due due) {
        message.device = due.device();
        for (int i = 0; i < due.readings(); i++) {
            long micros = due.firstMicros() + i * due.stepMicros();
            message.deviceTimesMicros[message.readings] = micros;
            int at = message.readings * maxValues;
            fleet.measure(due.device(), micros, message.values, at);
            if (!timed(due.device())) {
                message.values[at + shape(due.device()).size() - 1] = nextSequence[due.device()]++;
            }
            message.readings++;
        }
    }

    /**
     * A message that is to be sent.
     *
     * @param firstMicros device time of its first reading
     * @param stepMicros from one reading to the next
     * @param sendNanos when it is meant to be sent
     */
    record Due(int device, long firstMicros, long stepMicros, int readings, long sendNanos) {}
}
