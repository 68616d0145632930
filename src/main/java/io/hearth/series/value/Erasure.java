package io.hearth.series.value;

import io.hearth.model.DeviceId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;

/**
 * That readings of a device were erased: whatever was written before {@code stamp} and lies in {@code range} is gone, in
 * every region and however late it arrives there. What is written later stays.
 *
 * @param range device times
 * @param wholeDevice whether the device itself was erased, its readings of all times with it
 */
public record Erasure(DeviceId device, TimeRange range, boolean wholeDevice, WriteStamp stamp) {
    /** A device that was first seen from then on, in microseconds, was seen after the erasure. */
    public long behindMicros() {
        return (stamp.time().physicalMillis() + 1) * 1000;
    }

    /** Whether a write of that stamp is erased as far as it lies in the range. */
    public boolean covers(WriteStamp write) {
        return write.compareTo(stamp) < 0;
    }
}
