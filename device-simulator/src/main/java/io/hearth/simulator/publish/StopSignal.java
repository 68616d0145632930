package io.hearth.simulator.publish;

/** Asks a running publisher to send nothing more, wait shortly for acknowledgements and return. */
public final class StopSignal {

    private volatile boolean requested;

    public void request() {
        requested = true;
    }

    public boolean isRequested() {
        return requested;
    }
}
