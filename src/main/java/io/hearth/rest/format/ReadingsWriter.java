package io.hearth.rest.format;

import io.hearth.model.ReadingBlock;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One form in which the readings of a device can be written. Called in order: begin, any number of blocks, end. */
public interface ReadingsWriter {
    void begin() throws IOException;

    /**
     * Writes the readings of {@code block} from index {@code first} up to {@code last}, both included; backwards if
     * {@code last} is before {@code first}.
     */
    void block(ReadingBlock block, int first, int last) throws IOException;

    /**
     * Completes the text; the caller still has to flush it.
     *
     * @param nextCursor where to go on, null at the end; forms without a place for it leave it out
     */
    void end(@Nullable String nextCursor) throws IOException;
}
