package io.hearth.table.rocksdb.commit;

import io.hearth.bytes.ByteWriter;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIJ_Result;

/**
 * Every writer is answered exactly once, also one that comes between the last look of the committer and its end. Two actors each,
 * as jcstress leaves out a test with more actors than the machine has processors.
 */
public final class WriteQueueStress {
    private static final long MAX_PENDING_BYTES = 1 << 20;

    private WriteQueueStress() {}

    private static final class Writer implements UniEmitter<Void> {
        private final AtomicInteger answers = new AtomicInteger();

        @Override
        public void complete(@Nullable Void item) {
            answers.incrementAndGet();
        }

        @Override
        public void fail(Throwable failure) {
            answers.incrementAndGet();
        }

        @Override
        public UniEmitter<Void> onTermination(Runnable callback) {
            return this;
        }

        PendingWrite write() {
            return new PendingWrite.Encoded(this, 1, new ByteWriter(16));
        }
    }

    private abstract static class Queued {
        final WriteQueue queue = new WriteQueue(MAX_PENDING_BYTES);
        final Writer one = new Writer();
        final Writer other = new Writer();

        /** Answers what is there; does not wait for more than a nanosecond. */
        final void commit() {
            PendingWrite write = queue.take(1);
            while (write != null) {
                PendingWrite next = write.link;
                queue.answer(write);
                write = next;
            }
        }

        final void count(IIJ_Result result) {
            result.r1 = one.answers.get();
            result.r2 = other.answers.get();
            result.r3 = queue.pendingBytes() + queue.pendingBatches();
        }
    }

    /** Two writes while the committer takes them. */
    @JCStressTest
    @Outcome(id = "1, 1, 0", expect = Expect.ACCEPTABLE, desc = "each is answered once")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a writer was lost, or answered twice")
    @State
    public static class AddWhileCommitting extends Queued {
        @Actor
        public void adds() {
            queue.add(one.write());
            queue.add(other.write());
        }

        @Actor
        public void commits() {
            commit();
        }

        @Arbiter
        public void ends(IIJ_Result result) {
            commit();
            count(result);
        }
    }

    /** Two writers at once, of which one is the committer, too. */
    @JCStressTest
    @Outcome(id = "1, 1, 0", expect = Expect.ACCEPTABLE, desc = "each is answered once")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a writer was lost, or answered twice")
    @State
    public static class AddWhileAdding extends Queued {
        @Actor
        public void adds() {
            queue.add(one.write());
        }

        @Actor
        public void addsAndCommits() {
            queue.add(other.write());
            commit();
        }

        @Arbiter
        public void ends(IIJ_Result result) {
            commit();
            count(result);
        }
    }

    /** Two writes while the committer ends. */
    @JCStressTest
    @Outcome(id = "1, 1, 0", expect = Expect.ACCEPTABLE, desc = "each is answered once")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a writer was lost, or answered twice")
    @State
    public static class AddWhileClosing extends Queued {
        @Actor
        public void adds() {
            queue.add(one.write());
            queue.add(other.write());
        }

        @Actor
        public void closes() {
            queue.close();
            commit();
            queue.terminate();
        }

        @Arbiter
        public void ends(IIJ_Result result) {
            count(result);
        }
    }
}
