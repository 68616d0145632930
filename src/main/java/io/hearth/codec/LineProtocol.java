package io.hearth.codec;

import io.hearth.model.PointBuffer;
import java.util.List;

/**
 * InfluxDB's line protocol [1]: {@code measurement,device_id=d1,room=hall temperature=21.5,mode="auto" 1763806400000000000}.
 *
 * <p>One of the tags names the device, the fields become its metrics, the other tags are left out. A timestamp is optional.
 * Integers and unsigned integers are numbers, exact up to 2^53. A line feed in a quoted string belongs to the string. Lines
 * that begin with {@code #} are comments.
 *
 * <p>[1] https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
 */
public final class LineProtocol {
    private final LineProtocolNames names;

    /** What metrics are called. */
    public enum Naming {
        /** By their field: {@code temperature}. */
        FIELD,
        /** By measurement and field: {@code readings.temperature}. */
        MEASUREMENT_FIELD
    }

    /** @param deviceTags the tags that may name the device; of several on a line the first of this list counts */
    public LineProtocol(List<String> deviceTags) {
        names = new LineProtocolNames(deviceTags);
    }

    /** The format with timestamps in {@code unit} and metrics named by {@code naming}. */
    public LineFormat format(EpochUnit unit, Naming naming) {
        boolean measurementInName = naming == Naming.MEASUREMENT_FIELD;
        return new LineFormat() {
            @Override
            public LineReader read(byte[] lines, int length, PointBuffer target) {
                return new LineProtocolReader(names, unit, measurementInName, lines, length, target);
            }

            @Override
            public int endOfLastLine(byte[] text, int length) {
                return LineProtocolLines.endOfLast(text, length);
            }
        };
    }
}
