package io.hearth.series.chunk;

/** The bytes of a chunk are not what was written: a checksum, a length or a value does not fit. */
public final class CorruptChunkException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * @param part the damaged part: the header, the times, or a column by name
     * @param fact what is wrong with it
     */
    public CorruptChunkException(String part, String fact) {
        super("corrupt chunk, " + part + ": " + fact);
    }
}
