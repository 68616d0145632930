package io.hearth.table;

/** Is told what a table commits, on its committing thread: it must be quick and must not call the table's writes. */
public interface CommitListener {
    /** Listens to nothing. */
    CommitListener NONE = new CommitListener() {
        @Override
        public void committed(int batches, int writes, long bytes, long commitNanos) {}

        @Override
        public void failed(int batches) {}
    };

    /**
     * Writers' batches became durable together.
     *
     * @param batches how many calls of the table this commit answers
     * @param writes puts and deletes in them
     * @param bytes what was written to the log
     * @param commitNanos how long the engine took to make them durable
     */
    void committed(int batches, int writes, long bytes, long commitNanos);

    /** A commit failed; its {@code batches} were told that their outcome is unknown. */
    void failed(int batches);
}
