package io.hearth.simulator.publish;

import io.hearth.simulator.fleet.DeviceType;
import io.hearth.simulator.fleet.Fleet;
import io.hearth.simulator.fleet.Metric;
import io.hearth.simulator.fleet.MetricKind;
import io.hearth.simulator.fleet.Shape;
import io.hearth.simulator.ledger.LedgerEntry;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * What is to be sent: the fleet, its clocks, its schedule, and how readings are packed. Keeps each device's last time, as
 * two readings of a device at one time would be one reading to the service. For one thread.
 */
public final class Workload implements Devices {

    private static final Metric SEQUENCE = new Metric(LedgerEntry.SEQUENCE_METRIC, MetricKind.INTEGER);

    private final Fleet fleet;
    private final Schedule schedule;
    private final DeviceTime deviceTime;
    private final int connections;
    private final int readingsPerMessage;
    private final boolean timed;
    private final Map<DeviceType, Shape> shapes = new EnumMap<>(DeviceType.class);
    private final long[] lastTimeMicros;
    private final long[] nextSequence;
    private final int maxValues;
    private final long liveSpacingMicros;
    private long startNanos;
    private long startMicros;
    private long furthestAheadMicros;

    /**
     * @param connections devices share them evenly; at most one per device
     * @param readingsPerMessage more than one are sent as an array
     * @param timed whether the payload carries the device time; without it a sequence number tells readings apart
     */
    public Workload(
            Fleet fleet,
            Schedule schedule,
            DeviceTime deviceTime,
            int connections,
            int readingsPerMessage,
            boolean timed) {
        if (connections < 1 || connections > fleet.size()) {
            throw new IllegalArgumentException(
                    "connections are 1 to the number of devices, " + fleet.size() + ", not " + connections);
        }
        if (readingsPerMessage < 1) {
            throw new IllegalArgumentException("a message has at least one reading, not " + readingsPerMessage);
        }
        if (readingsPerMessage > 1 && !timed) {
            throw new IllegalArgumentException(
                    "several readings in one message need a time each, so they cannot go without ts");
        }
        this.fleet = fleet;
        this.schedule = schedule;
        this.deviceTime = deviceTime;
        this.connections = connections;
        this.readingsPerMessage = readingsPerMessage;
        this.timed = timed;
        this.lastTimeMicros = new long[fleet.size()];
        Arrays.fill(lastTimeMicros, Long.MIN_VALUE);
        this.nextSequence = new long[fleet.size()];
        int widest = 0;
        for (DeviceType type : DeviceType.values()) {
            Shape shape = timed ? type.shape() : type.shape().with(SEQUENCE);
            shapes.put(type, shape);
            widest = Math.max(widest, shape.size());
        }
        this.maxValues = widest;
        double deviceIntervalMicros = schedule.isClosedLoop() ? 0 : fleet.size() * 1e6 / schedule.messagesPerSecond();
        this.liveSpacingMicros = Math.max(deviceTime.unit().micros, (long) (deviceIntervalMicros / readingsPerMessage));
    }

    Schedule schedule() {
        return schedule;
    }

    @Override
    public int devices() {
        return fleet.size();
    }

    public int connections() {
        return connections;
    }

    /** Readings in each message. */
    public int readingsPerMessage() {
        return readingsPerMessage;
    }

    @Override
    public boolean timed(int device) {
        return timed;
    }

    @Override
    public DeviceTime.TimeUnit timeUnit(int device) {
        return deviceTime.unit();
    }

    @Override
    public String deviceId(int device) {
        return fleet.deviceId(device);
    }

    @Override
    public Shape shape(int device) {
        return Objects.requireNonNull(shapes.get(fleet.type(device)));
    }

    /** Leaves a virtual clock alone: the same history sent again is meant to be the same. */
    @Override
    public void continueAfter(int device, long lastDeviceTimeMicros, long lastSequence) {
        if (deviceTime.start() == null) {
            lastTimeMicros[device] = Math.max(lastTimeMicros[device], lastDeviceTimeMicros);
        }
        nextSequence[device] = Math.max(nextSequence[device], lastSequence + 1);
    }

    public Message newMessage() {
        return new Message(readingsPerMessage, maxValues);
    }

    @Override
    public int valuesPerReading() {
        return maxValues;
    }

    /** The connection's name: the device's own if it has it for itself, as brokers often tie the two together. */
    public String clientId(int connection) {
        return connections == fleet.size() ? fleet.deviceId(connection) : fleet.deviceId(connection) + "-shared";
    }

    public Pacer start(long nowNanos, Instant now) {
        startNanos = nowNanos;
        startMicros = ChronoUnit.MICROS.between(Instant.EPOCH, now);
        return new Pacer(schedule, fleet.size(), connections, nowNanos);
    }

    /** Fills in message {@code k} of the run: device, times, values. */
    public void fill(Message message, long k, long intendedNanos) {
        int device = (int) (k % fleet.size());
        message.device = device;
        message.intendedNanos = intendedNanos;
        long firstReading = k / fleet.size() * readingsPerMessage;
        Instant virtualStart = deviceTime.start();
        for (int i = 0; i < readingsPerMessage; i++) {
            long micros = virtualStart == null
                    ? liveTimeMicros(device, intendedNanos, i)
                    : virtualTimeMicros(virtualStart, firstReading + i);
            message.deviceTimesMicros[i] = micros;
            int at = i * maxValues;
            fleet.measure(device, micros, message.values, at);
            if (!timed) {
                message.values[at + shape(device).size() - 1] = nextSequence[device]++;
            }
        }
    }

    private long virtualTimeMicros(Instant start, long reading) {
        long micros = ChronoUnit.MICROS.between(Instant.EPOCH, start)
                + reading * (deviceTime.step().toNanos() / 1_000);
        return Math.floorDiv(micros, deviceTime.unit().micros) * deviceTime.unit().micros;
    }

    private long liveTimeMicros(int device, long intendedNanos, int reading) {
        long unit = deviceTime.unit().micros;
        long now = startMicros + (intendedNanos - startNanos) / 1_000;
        long wanted = now - (readingsPerMessage - 1 - reading) * liveSpacingMicros;
        wanted = Math.floorDiv(wanted, unit) * unit;
        long last = lastTimeMicros[device];
        long micros = last == Long.MIN_VALUE ? wanted : Math.max(wanted, last + unit);
        lastTimeMicros[device] = micros;
        furthestAheadMicros = Math.max(furthestAheadMicros, micros - now);
        return micros;
    }

    /** How far a device's clock ran ahead, because it sent more readings than its unit of time can tell apart. */
    public Duration furthestAhead() {
        return Duration.of(furthestAheadMicros, ChronoUnit.MICROS);
    }
}
