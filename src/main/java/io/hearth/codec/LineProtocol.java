package io.hearth.codec;

import io.hearth.model.DeviceId;
import io.hearth.model.PointBuffer;
import java.nio.charset.StandardCharsets;
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
    final byte[][] deviceTags;
    final String missingDevice;
    final NameCache<DeviceId> devices = NameCache.ofDevices();
    final NameCache<String> metrics = NameCache.ofMetrics();

    /** What metrics are called. */
    public enum Naming {
        /** By their field: {@code temperature}. */
        FIELD,
        /** By measurement and field: {@code readings.temperature}. */
        MEASUREMENT_FIELD
    }

    /** @param deviceTags the tags that may name the device; of several on a line the first of this list counts */
    public LineProtocol(List<String> deviceTags) {
        this.deviceTags = deviceTags.stream()
                .map(tag -> tag.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
        missingDevice = "there is no tag " + String.join(" or ", deviceTags) + " to name the device";
    }

    /** The format with timestamps in {@code unit} and metrics named by {@code naming}. */
    public LineFormat format(EpochUnit unit, Naming naming) {
        return new LineFormat() {
            @Override
            public LineReader read(byte[] lines, int length, PointBuffer target) {
                return new LineProtocolReader(LineProtocol.this, unit, naming, lines, length, target);
            }

            @Override
            public int endOfLastLine(byte[] text, int length) {
                return LineProtocol.endOfLastLine(text, length);
            }
        };
    }

    private static int endOfLastLine(byte[] text, int length) {
        int end = length;
        while (end > 0 && text[end - 1] != '\n') {
            end--;
        }
        for (int i = 0; i < end; i++) {
            if (text[i] == '"') {
                return endOfLastQuotedLine(text, length);
            }
        }
        return end;
    }

    private static int endOfLastQuotedLine(byte[] text, int length) {
        int end = 0;
        for (int lineFeed = lineEnd(text, 0, length); lineFeed < length; lineFeed = lineEnd(text, end, length)) {
            end = lineFeed + 1;
        }
        return end;
    }

    /**
     * The offset of the line feed that ends the line at {@code from}, which may be malformed; {@code to} if there is none.
     * Quotes count only where a field's value begins, as in InfluxDB.
     */
    static int lineEnd(byte[] text, int from, int to) {
        int at = from;
        while (at < to && (text[at] == ' ' || text[at] == '\t')) {
            at++;
        }
        boolean comment = at < to && text[at] == '#';
        boolean fields = false;
        for (; at < to && text[at] != '\n'; at++) {
            byte c = text[at];
            if (comment) {
                continue;
            }
            if (c == '\\' && at + 1 < to && text[at + 1] != '\n') {
                at++;
            } else if (c == ' ') {
                fields = true;
            } else if (fields && c == '=' && at + 1 < to && text[at + 1] == '"') {
                at = stringEnd(text, at + 2, to);
                if (at == to) {
                    return to;
                }
            }
        }
        return at;
    }

    /** The offset of the quote that ends a string; {@code to} if there is none. */
    static int stringEnd(byte[] text, int from, int to) {
        int at = from;
        while (at < to && text[at] != '"') {
            at += text[at] == '\\' ? 2 : 1;
        }
        return Math.min(at, to);
    }
}
