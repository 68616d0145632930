package io.hearth.table.rocksdb.commit;

import io.hearth.concurrent.DaemonThreads;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Answers writers on a thread of its own, so that what they do next overlaps with the sync of the next commit. What a
 * writer holds in the queue's bound is given back only now, so a slow one slows writers down, not memory up.
 */
final class Completions {
    private static final Logger LOG = Logger.getLogger(Completions.class);

    private final BlockingQueue<Answers> waiting = new LinkedBlockingQueue<>();
    private final WriteQueue queue;
    private final Thread thread;

    /** @param first the writers of a commit, linked; null ends the thread */
    private record Answers(@Nullable PendingWrite first) {}

    Completions(WriteQueue queue) {
        this.queue = queue;
        thread = DaemonThreads.thread("table-completions", this::run);
        thread.start();
    }

    void add(PendingWrite first) {
        waiting.add(new Answers(first));
    }

    /** Returns when everybody who was added is answered, unless one of them is asking. */
    void close() {
        waiting.add(new Answers(null));
        DaemonThreads.join(thread);
    }

    private void run() {
        while (true) {
            PendingWrite write;
            try {
                write = waiting.take().first();
            } catch (InterruptedException e) {
                continue; // nobody has a reason to interrupt, and everybody must be answered
            }
            if (write == null) {
                return;
            }
            while (write != null) {
                PendingWrite next = write.link;
                try {
                    queue.answer(write);
                } catch (RuntimeException | Error e) {
                    LOG.error("a writer failed on its answer", e);
                }
                write = next;
            }
        }
    }
}
