package io.hearth.codec;

import io.hearth.model.DeviceId;
import io.hearth.model.PointBuffer;

/** Readings as NDJSON: {@code {"device":…,"ts":…,"values":{…}}} on each line, as {@link JsonReadings#decodeLine} reads it. */
public final class JsonLines implements LineFormat {
    private final JsonReadings json = new JsonReadings();
    private final NameCache<DeviceId> devices = NameCache.ofDevices();
    private final NameCache<String> metrics = NameCache.ofMetrics();

    @Override
    public LineReader read(byte[] lines, int length, PointBuffer target) {
        return new Reader(lines, length, target);
    }

    @Override
    public int endOfLastLine(byte[] text, int length) {
        int end = length;
        while (end > 0 && text[end - 1] != '\n') {
            end--;
        }
        return end;
    }

    private final class Reader extends LineReader {
        private final byte[] lines;
        private final int length;
        private final PointBuffer target;
        private final PlainJsonLine plain = new PlainJsonLine(devices, metrics);
        private int at;
        private int line = -1;

        Reader(byte[] lines, int length, PointBuffer target) {
            this.lines = lines;
            this.length = length;
            this.target = target;
        }

        @Override
        public boolean next() {
            while (at < length) {
                line++;
                int start = at;
                int end = start;
                while (end < length && lines[end] != '\n') {
                    end++;
                }
                at = end + 1;
                while (end > start && (lines[end - 1] == '\r' || lines[end - 1] == ' ')) {
                    end--;
                }
                if (end > start) {
                    if (at - start > MAX_LINE_BYTES) {
                        foundTooLong(line);
                    } else {
                        read(start, end);
                    }
                    return true;
                }
            }
            return false;
        }

        private void read(int start, int end) {
            DeviceId device = plain.read(lines, start, end, target);
            if (device != null) {
                foundReading(line, device);
                return;
            }
            try {
                String name = json.decodeLine(lines, start, end - start, target);
                foundReading(line, DeviceId.isValid(name) ? new DeviceId(name) : null);
            } catch (MalformedPayloadException e) {
                foundUnfit(line, e.getMessage());
            }
        }
    }
}
