package io.hearth.series.item;

import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.MetricName;
import io.hearth.model.ReadingBlock;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.value.RemoteRun;
import io.hearth.table.Item;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A run of another region that this one can store and read.
 *
 * @param item as it is stored, with its expiry here
 * @param block its readings, expired ones included; at least one
 */
public record IncomingRun(Item item, DeviceId device, WriteStamp stamp, ReadingBlock block, long retentionSeconds) {
    /** Beyond it, times in microseconds would overflow. */
    private static final long MAX_RETENTION_SECONDS = Long.MAX_VALUE / 4_000_000;

    /**
     * Reads a run, all of it: what cannot be read or sealed must not get into the table, where it would be in the way of the
     * other readings of its day.
     *
     * @throws UnsupportedFormatException it was written by a later build
     * @throws RuntimeException of any other kind if the run is damaged or has what no reading may have
     */
    public static IncomingRun parse(RemoteRun run, Expiry expiry) {
        if (!StoredRun.isRun(run.key())) {
            throw new CorruptItemException("not the key of a run");
        }
        Item item = Item.of(run.key(), run.body());
        RunReader reader = new RunReader(item);
        long[] times = new long[reader.size()];
        reader.readTimes(times, 0);
        for (int i = 1; i < times.length; i++) {
            if (times[i] <= times[i - 1]) {
                throw new CorruptItemException("the times of a run do not ascend");
            }
        }
        long last = times[times.length - 1];
        if (SeriesKeys.slotStart(times[0]) != SeriesKeys.slotStart(last)) {
            throw new CorruptItemException("the readings of a run lie in one slot of time");
        }
        reader.skipTransmissions();
        reader.checkEnd();
        ReadingBlock block = StoredRun.readings(item);
        check(block);
        DeviceId device = new DeviceId(run.key().partitionKey());
        long retentionSeconds = reader.retentionSeconds();
        if (retentionSeconds < 0 || retentionSeconds > MAX_RETENTION_SECONDS) {
            throw new CorruptItemException("a run is kept for " + retentionSeconds + " seconds");
        }
        long expiresAt = expiry.ofRun(device, last, retentionSeconds);
        return new IncomingRun(
                new Item(run.key(), run.body(), expiresAt, 0, null),
                device,
                SeriesKeys.runStamp(run.key().sortKey()),
                block,
                retentionSeconds);
    }

    /**
     * Checks the metrics and values of a block.
     *
     * @throws CorruptItemException if a metric or value is none that a reading may have
     */
    public static void check(ReadingBlock block) {
        for (Column column : block.columns()) {
            if (!MetricName.isValid(column.metric())) {
                throw new CorruptItemException("a metric has a name that none may have");
            }
            for (int row = 0; row < block.size(); row++) {
                byte kind = column.kindAt(row);
                if (kind == Column.NUMBER && !Double.isFinite(column.numbers()[row])) {
                    throw new CorruptItemException(column.metric() + " has a number that is not finite");
                }
                if (kind == Column.TEXT && !fits(column.textAt(row))) {
                    throw new CorruptItemException(column.metric() + " has a text that is too long");
                }
            }
        }
    }

    private static boolean fits(String text) {
        return text.length() <= Value.MAX_TEXT_BYTES / 3
                || text.getBytes(StandardCharsets.UTF_8).length <= Value.MAX_TEXT_BYTES;
    }

    public long firstMicros() {
        return block.timesMicros()[0];
    }

    public long lastMicros() {
        return block.timesMicros()[block.size() - 1];
    }

    public int readings() {
        return block.size();
    }

    public List<String> metrics() {
        return block.columns().stream().map(Column::metric).toList();
    }
}
