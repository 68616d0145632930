package io.hearth.series.item;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.bytes.ScaledDecimal;
import io.hearth.model.Column;
import io.hearth.model.HybridTime;
import io.hearth.series.value.Transmission;
import io.hearth.table.Item;
import java.util.ArrayList;
import java.util.List;

/** Reads the runs that {@link RunWriter} wrote. Fails with {@link CorruptItemException} on anything else. */
public final class RunReader {
    private final Item item;
    private final ByteReader in;
    private final int size;
    private final long retentionSeconds;

    public RunReader(Item item) {
        this.item = item;
        in = new ByteReader(item.body().array());
        Format.require(in.readByte(), RunWriter.FORMAT, "a run");
        size = in.readCount(in.remaining());
        if (size == 0) {
            throw new CorruptItemException("a run without readings");
        }
        retentionSeconds = in.readVarint();
    }

    /** The transmissions of a stored run. */
    public static List<Transmission> transmissionsOf(Item item) {
        RunReader run = new RunReader(item);
        run.readTimes(new long[run.size()], 0);
        return run.readTransmissions();
    }

    /** When the first reading of a stored run arrived, by the wall clock of then; epoch microseconds. */
    public static long firstIngestMicros(Item item) {
        long stampMillis = SeriesKeys.runHybridTime(item.key().sortKey()) >>> HybridTime.COUNTER_BITS;
        return new RunReader(item).in.readSignedVarint() + stampMillis * 1000;
    }

    /** How many readings the run has. */
    public int size() {
        return size;
    }

    /** Seconds that a reading is kept after its device time; 0 for ever. */
    public long retentionSeconds() {
        return retentionSeconds;
    }

    /** Fills {@code target} from {@code offset} on with the device times, ascending; must be called first. */
    void readTimes(long[] target, int offset) {
        in.readSignedVarint(); // the first ingest time
        long time = SeriesKeys.runFirstTimeMicros(item.key().sortKey());
        target[offset] = time;
        for (int i = 1; i < size; i++) {
            time += in.readVarint();
            target[offset + i] = time;
        }
        for (int i = 1; i < size; i++) {
            in.readVarint(); // ingest times
        }
    }

    /** The transmissions that brought the readings; to be called after {@link #readTimes}. */
    List<Transmission> readTransmissions() {
        int count = in.readCount(in.remaining());
        List<Transmission> transmissions = new ArrayList<>(count);
        List<Long> clients = new ArrayList<>(1);
        for (int i = 0; i < count; i++) {
            int place = in.readCount(clients.size() * 2 + 1);
            if (place / 2 == clients.size()) {
                clients.add(in.readLong());
            }
            transmissions.add(new Transmission(clients.get(place / 2), in.readShort(), in.readInt(), (place & 1) != 0));
        }
        return transmissions;
    }

    /** Passes over the transmissions, so that {@link #readMetrics} can follow. */
    void skipTransmissions() {
        int count = in.readCount(in.remaining());
        int clients = 0;
        for (int i = 0; i < count; i++) {
            int place = in.readCount(clients * 2 + 1) / 2;
            if (place == clients) {
                clients++;
                in.take(Long.BYTES);
            }
            in.take(Short.BYTES + Integer.BYTES);
        }
    }

    /** Checks that the run ends with its last metric; to be called last, after the transmissions. */
    void checkEnd() {
        int metrics = in.readCount(in.remaining());
        for (int i = 0; i < metrics; i++) {
            in.take(in.readCount(in.remaining())); // the name
            in.take(in.readCount(in.remaining()));
        }
        if (in.remaining() != 0) {
            throw new CorruptItemException("a run has " + in.remaining() + " bytes too many");
        }
    }

    /** Adds every metric that {@code target} wants to its rows from {@code row} on; to be called last. */
    void readMetrics(BlockColumns target, int row) {
        int metrics = in.readCount(in.remaining());
        for (int i = 0; i < metrics; i++) {
            int nameLength = in.readCount(in.remaining());
            int nameAt = in.take(nameLength);
            int length = in.readCount(in.remaining());
            int valuesAt = in.take(length);
            ColumnBuilder column = target.column(i, in.array(), nameAt, nameLength);
            if (column.isWanted()) {
                readValues(new ByteReader(in.array(), valuesAt, valuesAt + length), column, row);
            }
        }
    }

    private void readValues(ByteReader values, ColumnBuilder column, int row) {
        int encoding = values.readByte();
        int bits = -1;
        if ((encoding & RunWriter.SPARSE) != 0) {
            bits = values.take((size + 7) / 8);
        }
        byte[] array = values.array();
        switch (encoding & ~RunWriter.SPARSE) {
            case RunWriter.DECIMALS -> {
                int digits = values.readByte();
                if (digits > RunWriter.MAX_DIGITS) {
                    throw new CorruptItemException(digits + " decimal digits");
                }
                long scaled = 0;
                for (int i = 0; i < size; i++) {
                    if (bits < 0 || isSet(array, bits, i)) {
                        scaled += values.readSignedVarint();
                        column.setNumber(row + i, ScaledDecimal.unscale(scaled, digits));
                    }
                }
            }
            case RunWriter.DOUBLES -> {
                for (int i = 0; i < size; i++) {
                    if (bits < 0 || isSet(array, bits, i)) {
                        column.setNumber(row + i, Double.longBitsToDouble(values.readLong()));
                    }
                }
            }
            case RunWriter.BOOLS -> readBools(values, column, row, bits);
            case RunWriter.TEXTS -> {
                for (int i = 0; i < size; i++) {
                    if (bits < 0 || isSet(array, bits, i)) {
                        column.setText(row + i, values.readText());
                    }
                }
            }
            case RunWriter.MIXED -> {
                for (int i = 0; i < size; i++) {
                    if (bits < 0 || isSet(array, bits, i)) {
                        readMixed(values, column, row + i);
                    }
                }
            }
            default -> throw new CorruptItemException("a metric has encoding " + encoding);
        }
    }

    private void readBools(ByteReader values, ColumnBuilder column, int row, int bits) {
        byte[] array = values.array();
        int count = 0;
        for (int i = 0; i < size; i++) {
            count += bits < 0 || isSet(array, bits, i) ? 1 : 0;
        }
        int bools = values.take((count + 7) / 8);
        for (int i = 0, next = 0; i < size; i++) {
            if (bits < 0 || isSet(array, bits, i)) {
                column.setBool(row + i, isSet(array, bools, next++));
            }
        }
    }

    private static void readMixed(ByteReader values, ColumnBuilder column, int row) {
        int kind = values.readByte();
        switch (kind) {
            case Column.NUMBER -> column.setNumber(row, Double.longBitsToDouble(values.readLong()));
            case Column.BOOL -> column.setBool(row, values.readByte() != 0);
            case Column.TEXT -> column.setText(row, values.readText());
            default -> throw new CorruptItemException("a value of kind " + kind);
        }
    }

    private static boolean isSet(byte[] array, int at, int bit) {
        return (array[at + (bit >> 3)] >> (bit & 7) & 1) != 0;
    }
}
