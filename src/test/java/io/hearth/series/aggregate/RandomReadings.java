package io.hearth.series.aggregate;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.model.Value;
import io.hearth.series.aggregate.Recomputation.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Readings of a few devices around a change of some zone's clock, and a grid over part of them; all from one seed. */
final class RandomReadings {
    static final List<String> METRICS = List.of("mixed", "number", "switch", "text");

    private static final long MINUTE = 60_000_000L;
    private static final List<String> WIDTHS =
            List.of("20m", "45m", "1h", "2h", "6h", "12h", "7h", "1d", "2d", "1w", "1mo", "24h", "97m");

    final BucketGrid grid;
    /** By device, in order of time. */
    final List<List<ReadingBlock>> blocks = new ArrayList<>();

    private final List<List<Point>> points = new ArrayList<>();
    private final Random random;

    RandomReadings(long seed) {
        random = new Random(seed);
        Zones.Change change = Zones.CHANGES.get(random.nextInt(Zones.CHANGES.size()));
        long middle = change.epochMinute() * MINUTE;
        long from = middle - random.nextInt(2000) * MINUTE;
        long to = middle + random.nextInt(2000) * MINUTE + random.nextInt(1_000_000);
        String every = WIDTHS.get(random.nextInt(WIDTHS.size()));
        grid = BucketGrid.of(new TimeRange(from, to), Every.parse(every), change.zone());
        METRICS.forEach(metric -> points.add(new ArrayList<>()));
        int devices = 1 + random.nextInt(3);
        for (int device = 0; device < devices; device++) {
            blocks.add(blocksOf(device, from - 100 * MINUTE, to + 100 * MINUTE));
        }
    }

    /** The points of the metric of that number, of all devices, also outside the grid's range. */
    List<Point> points(int metric) {
        return points.get(metric);
    }

    private List<ReadingBlock> blocksOf(int device, long from, long to) {
        List<ReadingBlock> made = new ArrayList<>();
        long gapMinutes = Math.max(1, (to - from) / MINUTE / (10 + random.nextInt(90)));
        boolean regular = random.nextBoolean();
        double scale = List.of(1.0, 0.1, 1e-5, 1e12, 1e6).get(random.nextInt(5));
        long at = from;
        while (at < to) {
            int size = 1 + random.nextInt(20);
            long[] times = new long[size + random.nextInt(3)];
            for (int i = 0; i < size; i++) {
                at += regular ? gapMinutes * MINUTE : 1 + random.nextLong(2 * gapMinutes * MINUTE);
                times[i] = at;
            }
            List<Column> columns = new ArrayList<>();
            for (int metric = 0; metric < METRICS.size(); metric++) {
                Column column = column(device, metric, size, times, scale);
                if (column != null) {
                    columns.add(column);
                }
            }
            made.add(new ReadingBlock(size, times, columns));
        }
        return made;
    }

    private @Nullable Column column(int device, int metric, int size, long[] times, double scale) {
        if (random.nextInt(8) == 0) {
            return null;
        }
        boolean dense = METRICS.get(metric).equals("number") && random.nextInt(3) > 0;
        byte[] kinds = new byte[size];
        double[] numbers = new double[size];
        @Nullable String[] texts = new String[size];
        for (int i = 0; i < size; i++) {
            Value value = dense ? number(scale) : value(METRICS.get(metric), scale);
            if (value == null) {
                numbers[i] = Double.NaN;
                continue;
            }
            points.get(metric).add(new Point(device, times[i], value));
            if (value instanceof Value.Num num) {
                kinds[i] = Column.NUMBER;
                numbers[i] = num.number();
            } else if (value instanceof Value.Bool bool) {
                kinds[i] = Column.BOOL;
                numbers[i] = bool.bool() ? 1 : 0;
            } else if (value instanceof Value.Text text) {
                kinds[i] = Column.TEXT;
                texts[i] = text.text();
            }
        }
        return new Column(METRICS.get(metric), dense ? null : kinds, numbers, texts);
    }

    private @Nullable Value value(String metric, double scale) {
        int dice = random.nextInt(10);
        if (dice == 0) {
            return null;
        }
        return switch (metric) {
            case "number" -> number(scale);
            case "switch" -> new Value.Bool(random.nextBoolean());
            case "text" -> new Value.Text("t" + random.nextInt(3));
            default ->
                dice < 4
                        ? number(scale)
                        : dice < 7 ? new Value.Bool(random.nextBoolean()) : new Value.Text("m" + random.nextInt(3));
        };
    }

    private Value number(double scale) {
        int dice = random.nextInt(20);
        if (dice == 0) {
            return new Value.Num(-0.0);
        }
        return new Value.Num(dice == 1 ? 0.0 : (random.nextInt(2001) - 600) * scale);
    }
}
