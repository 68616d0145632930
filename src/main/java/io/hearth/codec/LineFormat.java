package io.hearth.codec;

import io.hearth.model.PointBuffer;

/** A format that has a reading of any device on each line. Safe for several threads. */
public interface LineFormat {
    /** The most bytes a line may have, its end included; also bounds what one reading takes up in the table. */
    int MAX_LINE_BYTES = 256 * 1024;

    /** Tells the sender of a line that has more. */
    String TOO_LONG = "a line has at most " + MAX_LINE_BYTES + " bytes";

    /**
     * Opens lines for reading.
     *
     * @param lines whole lines; the last may lack its line feed
     * @param length how many bytes of it count
     * @param target gets the readings; one without a time of its own gets {@link PointBuffer#NO_TIME}
     */
    LineReader read(byte[] lines, int length, PointBuffer target);

    /**
     * The end of the last line in a piece of a text that begins with a line.
     *
     * @return the offset behind the line feed that ends it; 0 if no line ends here
     */
    int endOfLastLine(byte[] text, int length);
}
