package io.hearth.codec;

import io.hearth.model.DeviceId;
import io.hearth.model.PointBuffer;

/**
 * Readings of many devices as CSV (RFC 4180), in one of two layouts that the header tells apart by its names:
 *
 * <ul>
 *   <li>long, a point per row: {@code device,ts,metric,value,type}, in any order. {@code type} is {@code number},
 *       {@code boolean} or {@code string}; without it the value says itself what it is. Rows of one device and time that
 *       follow each other are one reading.
 *   <li>wide, a reading per row: {@code device,ts}, and every other column is a metric. An empty field is no value.
 * </ul>
 *
 * A field in quotes may contain line feeds. A value without a type is a boolean if it is {@code true} or {@code false}, a
 * number if it is one, and else a string. Without a time in {@code ts} the reading gets that of its arrival.
 */
public final class CsvReadings implements LineFormat {
    private final NameCache<DeviceId> devices = NameCache.ofDevices();
    private final NameCache<String> metrics = NameCache.ofMetrics();
    private final CsvColumns columns;

    private CsvReadings(CsvColumns columns) {
        this.columns = columns;
    }

    /**
     * The format of the rows below a header.
     *
     * @throws MalformedPayloadException if the header has not the columns of either layout
     */
    public static CsvReadings below(String header) throws MalformedPayloadException {
        return new CsvReadings(CsvColumns.of(header));
    }

    @Override
    public LineReader read(byte[] lines, int length, PointBuffer target) {
        return new CsvReader(columns, devices, metrics, lines, length, target);
    }

    /** In the long layout the end of the last reading but one, as rows of the last may follow. */
    @Override
    public int endOfLastLine(byte[] text, int length) {
        CsvRow row = new CsvRow(text, length);
        int end = 0;
        int lastReading = 0;
        int deviceFrom = 0;
        int deviceTo = 0;
        int timeFrom = 0;
        int timeTo = 0;
        while (row.next() && row.isEnded()) {
            boolean isKnown = !row.isAbsent(columns.device()) && !row.isAbsent(columns.time());
            boolean isSame = isKnown
                    && row.isSame(columns.device(), deviceFrom, deviceTo)
                    && row.isSame(columns.time(), timeFrom, timeTo);
            if (!isSame) {
                lastReading = row.start();
                deviceFrom = isKnown ? row.from(columns.device()) : 0;
                deviceTo = isKnown ? row.to(columns.device()) : 0;
                timeFrom = isKnown ? row.from(columns.time()) : 0;
                timeTo = isKnown ? row.to(columns.time()) : 0;
            }
            end = row.end();
        }
        return columns.isWide() || lastReading == 0 ? end : lastReading;
    }
}
