package io.hearth.series.value;

import io.hearth.model.DeviceId;
import io.hearth.model.PointBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Readings to be stored together, of any devices. Filled by one thread: a decoder adds readings to {@link #points()}, and
 * {@link #assign} says whose they are. May be used again after {@link #clear}, once what it held is durable.
 */
public final class AppendBatch {
    private static final int MAX_SPARE = 4096;
    private static final int MAX_SPARE_READINGS = 64;

    private final PointBuffer points = new PointBuffer();
    private final Map<DeviceId, DeviceReadings> devices = new LinkedHashMap<>();

    /** What an earlier use has left, to be used again. */
    private final ArrayDeque<DeviceReadings> spare = new ArrayDeque<>();

    private long[] ingestTimesMicros = new long[64];
    private long firstHybridTime;
    private long lastHybridTime;

    /** The readings of one device. */
    public static final class DeviceReadings {
        private DeviceId device;
        private int[] readings = new int[4];
        private int size;
        private Transmission[] transmissions = new Transmission[0];
        private int transmissionCount;

        /** The runs that the readings are stored as: where each ends, and its hybrid time. */
        private int[] runEnds = new int[1];

        private long[] runTimes = new long[1];
        private int runs;

        private DeviceReadings(DeviceId device) {
            this.device = device;
        }

        private void startAnew(DeviceId nextDevice) {
            device = nextDevice;
            size = 0;
            transmissionCount = 0;
        }

        public DeviceId device() {
            return device;
        }

        public void clearRuns() {
            runs = 0;
        }

        /** Adds a run of the readings up to {@code end}, exclusive. */
        public void addRun(int end, long hybridTime) {
            if (runs == runEnds.length) {
                runEnds = Arrays.copyOf(runEnds, runs * 2);
                runTimes = Arrays.copyOf(runTimes, runs * 2);
            }
            runEnds[runs] = end;
            runTimes[runs++] = hybridTime;
        }

        public int runs() {
            return runs;
        }

        /** Where the readings of a run end, exclusive. */
        public int runEnd(int run) {
            return runEnds[run];
        }

        /** The {@linkplain io.hearth.model.HybridTime#packed() hybrid time} that a run is stored with. */
        public long runTime(int run) {
            return runTimes[run];
        }

        public int size() {
            return size;
        }

        public int reading(int i) {
            return readings[i];
        }

        public int[] readings() {
            return readings;
        }

        public List<Transmission> transmissions() {
            return transmissionCount == 0
                    ? List.of()
                    : Arrays.asList(transmissions).subList(0, transmissionCount);
        }

        private void add(int reading) {
            if (size == readings.length) {
                readings = Arrays.copyOf(readings, size * 2);
            }
            readings[size++] = reading;
        }

        private void add(Transmission transmission) {
            if (transmissionCount == transmissions.length) {
                transmissions = Arrays.copyOf(transmissions, Math.max(1, transmissionCount * 2));
            }
            transmissions[transmissionCount++] = transmission;
        }

        /** Sorts the readings by device time; those of one time stay in the order in which they arrived. */
        public void sortByTime(PointBuffer points) {
            boolean sorted = true;
            for (int i = 1; i < size && sorted; i++) {
                sorted = points.timeMicros(readings[i - 1]) <= points.timeMicros(readings[i]);
            }
            if (!sorted) {
                readings = Arrays.stream(readings, 0, size)
                        .boxed()
                        .sorted((one, other) -> Long.compare(points.timeMicros(one), points.timeMicros(other)))
                        .mapToInt(Integer::intValue)
                        .toArray();
            }
        }
    }

    /** Where decoders put readings. */
    public PointBuffer points() {
        return points;
    }

    /** How many readings the batch holds. */
    public int size() {
        return points.size();
    }

    public boolean isEmpty() {
        return points.size() == 0;
    }

    /**
     * Says whose the readings from {@code firstReading} to the last one so far are.
     *
     * @param ingestTimeMicros when they arrived
     * @param transmission which transmission brought them, if that must be recognised; else null
     */
    public void assign(DeviceId device, int firstReading, long ingestTimeMicros, @Nullable Transmission transmission) {
        int end = points.size();
        if (firstReading == end) {
            return;
        }
        if (end > ingestTimesMicros.length) {
            ingestTimesMicros = Arrays.copyOf(ingestTimesMicros, Math.max(end, ingestTimesMicros.length * 2));
        }
        DeviceReadings its = devices.computeIfAbsent(device, this::readingsOf);
        for (int reading = firstReading; reading < end; reading++) {
            ingestTimesMicros[reading] = ingestTimeMicros;
            its.add(reading);
        }
        if (transmission != null) {
            its.add(transmission);
        }
    }

    /** Whether a reading, not assigned yet, has the metrics of the last one of a device in this batch, in their order. */
    public boolean repeatsMetrics(DeviceId device, int reading) {
        DeviceReadings its = devices.get(device);
        return its != null && points.haveSameMetrics(its.readings[its.size - 1], reading);
    }

    /** Gives a time to readings that have none. */
    public interface MissingTime {
        /** The device time of the next reading of a device, µs. */
        long next(DeviceId device);
    }

    /** Sets the device time of each reading without one; those of one device in their order. */
    public void setMissingTimes(MissingTime times) {
        for (DeviceReadings readings : devices.values()) {
            for (int i = 0; i < readings.size; i++) {
                int reading = readings.readings[i];
                if (points.timeMicros(reading) == PointBuffer.NO_TIME) {
                    points.setTimeMicros(reading, times.next(readings.device));
                }
            }
        }
    }

    public void stamped(long firstTime, long lastTime) {
        firstHybridTime = firstTime;
        lastHybridTime = lastTime;
    }

    /** The earliest {@linkplain io.hearth.model.HybridTime#packed() hybrid time} that the batch was last appended with. */
    public long firstHybridTime() {
        return firstHybridTime;
    }

    /** The latest {@linkplain io.hearth.model.HybridTime#packed() hybrid time} that the batch was last appended with. */
    public long lastHybridTime() {
        return lastHybridTime;
    }

    public void clear() {
        points.clear();
        for (DeviceReadings readings : devices.values()) {
            if (spare.size() < MAX_SPARE && readings.size <= MAX_SPARE_READINGS) {
                spare.add(readings);
            }
        }
        devices.clear();
    }

    private DeviceReadings readingsOf(DeviceId device) {
        DeviceReadings readings = spare.poll();
        if (readings == null) {
            return new DeviceReadings(device);
        }
        readings.startAnew(device);
        return readings;
    }

    public Iterable<DeviceReadings> devices() {
        return devices.values();
    }

    public long[] ingestTimesMicros() {
        return ingestTimesMicros;
    }
}
