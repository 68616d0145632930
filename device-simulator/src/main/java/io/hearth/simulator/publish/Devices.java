package io.hearth.simulator.publish;

import io.hearth.simulator.fleet.Shape;

/** The devices of a run as far as writing and recording their messages needs them. Devices are numbered from 0. */
public interface Devices {

    int devices();

    String deviceId(int device);

    /** What a reading of this device holds, the sequence number included if there is one. */
    Shape shape(int device);

    /** Whether its payload carries the device time; without it a sequence number tells readings apart. */
    boolean timed(int device);

    /** The unit of {@code ts} in its payload. */
    DeviceTime.TimeUnit timeUnit(int device);

    /** Places for values that each reading of a message takes up, of any device. */
    int valuesPerReading();

    /**
     * Carries on after earlier runs that share a ledger, so that no reading of this run takes the time or the sequence
     * number of one of theirs. Before the run starts.
     */
    void continueAfter(int device, long lastDeviceTimeMicros, long lastSequence);
}
