package io.hearth.promql;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Series in memory, handed out in blocks of a few readings, so that windows cross many of them. */
final class MemorySeries implements SeriesSource {
    private final int blockReadings;
    /** Per device and time the values by metric: a number, a boolean or a text. */
    private final TreeMap<DeviceId, TreeMap<Long, TreeMap<String, Object>>> readings = new TreeMap<>();
    /** How often each device has been scanned. */
    final Map<String, Integer> scans = new TreeMap<>();

    MemorySeries(int blockReadings) {
        this.blockReadings = blockReadings;
    }

    MemorySeries put(String device, long timeMicros, Map<String, Object> values) {
        readings.computeIfAbsent(new DeviceId(device), id -> new TreeMap<>())
                .computeIfAbsent(timeMicros, time -> new TreeMap<>())
                .putAll(values);
        return this;
    }

    /** The samples of a series, ascending. */
    TreeMap<Long, Double> samples(DeviceId device, String metric) {
        TreeMap<Long, Double> samples = new TreeMap<>();
        Objects.requireNonNull(readings.get(device)).forEach((time, values) -> {
            Object value = values.get(metric);
            if (value instanceof Number number) {
                samples.put(time, number.doubleValue());
            } else if (value instanceof Boolean bool) {
                samples.put(time, bool ? 1.0 : 0.0);
            }
        });
        return samples;
    }

    @Override
    public Iterator<Device> devices() {
        return readings.keySet().stream().map(id -> device(id).orElseThrow()).iterator();
    }

    @Override
    public Optional<Device> device(DeviceId id) {
        return Optional.ofNullable(readings.get(id)).map(byTime -> {
            TreeSet<String> metrics = new TreeSet<>();
            byTime.values().forEach(values -> metrics.addAll(values.keySet()));
            return new Device(id, metrics);
        });
    }

    @Override
    public Iterator<ReadingBlock> scan(DeviceId device, TimeRange range, Set<String> metrics) {
        scans.merge(device.value(), 1, Integer::sum);
        List<ReadingBlock> blocks = new ArrayList<>();
        List<Map.Entry<Long, TreeMap<String, Object>>> part = new ArrayList<>();
        for (Map.Entry<Long, TreeMap<String, Object>> reading :
                Objects.requireNonNull(readings.get(device)).entrySet()) {
            boolean wanted = reading.getValue().keySet().stream().anyMatch(metrics::contains);
            if (wanted && range.contains(reading.getKey())) {
                part.add(reading);
            }
            if (part.size() == blockReadings) {
                blocks.add(block(part, metrics));
                part.clear();
            }
        }
        if (!part.isEmpty()) {
            blocks.add(block(part, metrics));
        }
        return blocks.iterator();
    }

    private static ReadingBlock block(List<Map.Entry<Long, TreeMap<String, Object>>> readings, Set<String> metrics) {
        int size = readings.size();
        List<Column> columns = new ArrayList<>();
        for (String metric : new TreeSet<>(metrics)) {
            byte[] kinds = new byte[size];
            double[] numbers = new double[size];
            String[] texts = new String[size];
            for (int i = 0; i < size; i++) {
                Object value = readings.get(i).getValue().get(metric);
                if (value instanceof Number number) {
                    kinds[i] = Column.NUMBER;
                    numbers[i] = number.doubleValue();
                } else if (value instanceof Boolean bool) {
                    kinds[i] = Column.BOOL;
                    numbers[i] = bool ? 1 : 0;
                } else if (value instanceof String text) {
                    kinds[i] = Column.TEXT;
                    texts[i] = text;
                    numbers[i] = 777;
                }
            }
            columns.add(new Column(metric, kinds, numbers, texts));
        }
        // Arrays longer than the block, as scans may hand out.
        long[] times = new long[size + 3];
        for (int i = 0; i < size; i++) {
            times[i] = readings.get(i).getKey();
        }
        return new ReadingBlock(size, times, columns);
    }
}
