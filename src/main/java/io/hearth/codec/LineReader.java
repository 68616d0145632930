package io.hearth.codec;

import io.hearth.model.DeviceId;
import org.jspecify.annotations.Nullable;

/**
 * Takes readings out of lines of text, one after the other, and adds each to the buffer that the reader was opened with.
 * Not safe for several threads.
 */
public interface LineReader {
    /**
     * Goes on to the next line that is not blank. Its reading is in the buffer afterwards, unless there is a
     * {@link #problem}, which leaves the buffer as it was.
     *
     * @return false at the end of the text
     */
    boolean next();

    /** The number of the line, from 0, blank ones included. */
    int line();

    /** Whether the line is longer than {@link LineFormat#MAX_LINE_BYTES}, which is a {@link #problem}, too. */
    boolean isTooLong();

    /** The device that the line names; null if what it names is no device id. */
    @Nullable
    DeviceId device();

    /** What keeps the line from being a reading, for its sender; null if it is one. */
    @Nullable
    String problem();
}
