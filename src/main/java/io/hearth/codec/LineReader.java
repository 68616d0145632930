package io.hearth.codec;

import io.hearth.model.DeviceId;
import org.jspecify.annotations.Nullable;

/**
 * Takes readings out of lines of text, one after the other, and adds each to the buffer that the reader was opened with.
 * Not safe for several threads.
 */
public abstract class LineReader {
    private int line;
    private boolean tooLong;
    private @Nullable DeviceId device;
    private @Nullable String problem;

    /**
     * Goes on to the next line that is not blank. Its reading is in the buffer afterwards, unless there is a
     * {@link #problem}, which leaves the buffer as it was.
     *
     * @return false at the end of the text
     */
    public abstract boolean next();

    /** The number of the line, from 0, blank ones included. */
    public final int line() {
        return line;
    }

    /** Whether the line is longer than {@link LineFormat#MAX_LINE_BYTES}, which is a {@link #problem}, too. */
    public final boolean isTooLong() {
        return tooLong;
    }

    /** The device that the line names; null if what it names is no device id, or there is a {@link #problem}. */
    public final @Nullable DeviceId device() {
        return device;
    }

    /** What keeps the line from being a reading, for its sender; null if it is one. */
    public final @Nullable String problem() {
        return problem;
    }

    /** The line that {@link #next} came to is a reading. */
    protected final void foundReading(int lineNumber, @Nullable DeviceId lineDevice) {
        set(lineNumber, lineDevice, null, false);
    }

    /** The line that {@link #next} came to is none. */
    protected final void foundUnfit(int lineNumber, @Nullable String lineProblem) {
        set(lineNumber, null, String.valueOf(lineProblem), false);
    }

    /** The line that {@link #next} came to is longer than {@link LineFormat#MAX_LINE_BYTES}. */
    protected final void foundTooLong(int lineNumber) {
        set(lineNumber, null, LineFormat.TOO_LONG, true);
    }

    private void set(int lineNumber, @Nullable DeviceId lineDevice, @Nullable String lineProblem, boolean isTooLong) {
        line = lineNumber;
        device = lineDevice;
        problem = lineProblem;
        tooLong = isTooLong;
    }
}
