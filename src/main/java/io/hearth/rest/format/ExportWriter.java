package io.hearth.rest.format;

import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import java.io.IOException;

/** One form in which the readings of many devices can be written. Called in order: begin, any number of blocks, end. */
public interface ExportWriter {
    void begin() throws IOException;

    void block(DeviceId device, ReadingBlock block) throws IOException;

    /** Completes the form and hands all of it to the stream. */
    void end() throws IOException;
}
