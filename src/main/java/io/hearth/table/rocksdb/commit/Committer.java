package io.hearth.table.rocksdb.commit;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.table.CommitListener;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.TableException;
import io.hearth.table.ThrottledException;
import io.hearth.table.rocksdb.database.Database;
import io.hearth.table.rocksdb.database.DatabaseGuard;
import io.hearth.table.rocksdb.file.DurableFile;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * Group commit: one thread takes everybody who waits, writes their batches as one with one sync, and has them answered.
 * While it syncs, the next commit gathers by itself, so the batch size follows the load.
 */
public final class Committer {
    /** Bounds what one commit holds up and what one page of the change feed has to hold. */
    private static final long MAX_COMMIT_BYTES = 4 << 20;

    private static final long RECOVERY_PAUSE_NANOS = 250_000_000;

    /** How often commits look whether the files are still there. */
    private static final long LOOK_NANOS = 1_000_000_000;

    private static final Logger LOG = Logger.getLogger(Committer.class);

    private final WriteQueue queue;
    private final Completions completions;
    private final DatabaseGuard guard;
    private final InstantSource clock;
    private final CommitListener listener;
    private final BooleanSupplier recovery;
    private final @Nullable DurableFile durable;
    private final Thread thread;
    private volatile long committedSequence;
    private volatile @Nullable String failure;
    private boolean broken;
    private long nextRecoveryNanos;
    private long lookedNanos = System.nanoTime();

    /**
     * @param recovery tries to make the database writable after it failed, and answers whether it is
     * @param durable notes what is durable; null if commits are not synced
     */
    public Committer(
            WriteQueue queue,
            DatabaseGuard guard,
            InstantSource clock,
            CommitListener listener,
            BooleanSupplier recovery,
            @Nullable DurableFile durable) {
        this.queue = queue;
        this.guard = guard;
        this.clock = clock;
        this.listener = listener;
        this.recovery = recovery;
        this.durable = durable;
        completions = new Completions(queue);
        committedSequence = guard.use(database -> database.db().getLatestSequenceNumber());
        thread = DaemonThreads.thread("table-commits", this::run);
        thread.start();
    }

    /** The sequence number of the latest change that is committed, and as durable as commits are. */
    public long committedSequence() {
        return committedSequence;
    }

    /** Why commits fail at present; null if they do not, as far as is known. */
    @Nullable
    public String failure() {
        return failure;
    }

    /** Commits who waits, refuses who comes, and returns when everybody is answered. */
    public void close() {
        queue.close();
        DaemonThreads.join(thread);
    }

    private void run() {
        try {
            while (true) {
                PendingWrite waiting = queue.take(broken ? RECOVERY_PAUSE_NANOS : 0);
                if (waiting == null) {
                    if (queue.isClosing()) {
                        return;
                    }
                    recovered();
                }
                waiting = waiting == null ? null : sweepFirst(waiting);
                while (waiting != null) {
                    waiting = commitSome(waiting);
                }
            }
        } finally {
            queue.terminate();
            completions.close();
        }
    }

    /**
     * Commits the sweeps among the linked writers, each alone, and answers the others. Sweeps look at what is stored when
     * their turn comes, so they need not keep their place, where they would cut a synced commit in two.
     */
    private @Nullable PendingWrite sweepFirst(PendingWrite first) {
        PendingWrite others = null;
        PendingWrite lastOther = null;
        PendingWrite write = first;
        while (write != null) {
            PendingWrite next = write.link;
            write.link = null;
            if (write instanceof PendingWrite.Sweep) {
                commitSome(write);
            } else {
                if (lastOther == null) {
                    others = write;
                } else {
                    lastOther.link = write;
                }
                lastOther = write;
            }
            write = next;
        }
        return others;
    }

    /** Commits and answers the first of the linked writers, as many as belong together; answers the others. */
    private @Nullable PendingWrite commitSome(PendingWrite first) {
        PendingWrite last = first;
        long bytes = first.bytes();
        while (last.link != null
                && !first.standsAlone()
                && !last.link.standsAlone()
                && bytes + last.link.bytes() <= MAX_COMMIT_BYTES) {
            last = last.link;
            bytes += last.bytes();
        }
        PendingWrite rest = last.link;
        last.link = null;
        try {
            if (recovered()) {
                commit(first);
            } else {
                failAll(
                        first,
                        new ThrottledException("nothing written: the disk failed and does not recover yet", null));
            }
        } catch (RocksDBException e) {
            broken = true;
            failure = String.valueOf(e.getMessage());
            LOG.error("a commit failed; its writes may be stored or not", e);
            if (Database.isDamage(e)) {
                guard.stopCompacting(failure);
            }
            int failed = failAll(first, new OutcomeUnknownException("the commit failed: " + e.getMessage(), e));
            tell(() -> listener.failed(failed));
        } catch (TableException e) {
            // What it depends on cannot be read: only its own writers are told, and the database is as good as before.
            LOG.errorf("nothing was written: %s", e.getMessage());
            failAll(first, e);
        } catch (RuntimeException | Error e) {
            LOG.error("a commit failed; its writes may be stored or not", e);
            failAll(first, new OutcomeUnknownException("the commit failed: " + e, e));
        } finally {
            completions.add(first);
        }
        return rest;
    }

    private void commit(PendingWrite first) throws RocksDBException {
        refuseIfFilesAreGone();
        committedSequence = guard.tryUse(database -> {
            if (first instanceof PendingWrite.Sweep sweep) {
                SweepCommit.commit(database, sweep, durableSequence());
                // Not synced, so a power failure can take its sequence numbers back: the feed waits for the next
                // commit.
                return committedSequence;
            }
            if (first instanceof PendingWrite.Replacement replacement) {
                ReplacementCommit.commit(database, replacement, durableSequence());
                return committedSequence;
            }
            commit(first, database);
            return database.db().getLatestSequenceNumber();
        });
        if (durable != null) {
            durable.reached(committedSequence);
        }
    }

    private void refuseIfFilesAreGone() throws RocksDBException {
        long now = System.nanoTime();
        if (now - lookedNanos >= LOOK_NANOS) {
            lookedNanos = now;
            if (guard.filesAreGone()) {
                throw new RocksDBException("the files of the table were removed while it is open");
            }
        }
    }

    /** What was committed is synced, also what the sweep did before the last commit that users wait for. */
    private long durableSequence() {
        return durable == null ? 0 : committedSequence;
    }

    private void commit(PendingWrite first, Database database) throws RocksDBException {
        CommitBuilder commit = new CommitBuilder(database, micros(clock.instant()), durableSequence());
        int batches = 0;
        int writes = 0;
        for (PendingWrite write = first; write != null; write = write.link) {
            if (write instanceof PendingWrite.Encoded encoded) {
                commit.add(encoded);
            } else if (write instanceof PendingWrite.Dependent dependent) {
                commit.add(dependent);
            }
            if (!write.hasFailed()) {
                batches++;
                writes += write.writes();
            }
        }
        if (commit.records() > 0) {
            byte[] batch = commit.toBatch();
            long startNanos = System.nanoTime();
            database.write(batch);
            long nanos = System.nanoTime() - startNanos;
            int answered = batches;
            int written = writes;
            tell(() -> listener.committed(answered, written, batch.length, nanos));
        }
    }

    public static long micros(Instant instant) {
        return instant.getEpochSecond() * 1_000_000 + instant.getNano() / 1_000;
    }

    /** What a listener does wrong must not become the writers' failure: they are durable. */
    private static void tell(Runnable news) {
        try {
            news.run();
        } catch (RuntimeException e) {
            LOG.warn("a commit listener failed", e);
        }
    }

    private boolean recovered() {
        if (!broken) {
            return true;
        }
        long now = System.nanoTime();
        if (now - nextRecoveryNanos < 0) {
            return false;
        }
        broken = !recovery.getAsBoolean();
        if (broken) {
            nextRecoveryNanos = System.nanoTime() + RECOVERY_PAUSE_NANOS;
        } else {
            failure = null;
            committedSequence = guard.use(database -> database.db().getLatestSequenceNumber());
        }
        return !broken;
    }

    private static int failAll(PendingWrite first, Throwable cause) {
        int batches = 0;
        for (PendingWrite write = first; write != null; write = write.link) {
            if (!write.hasFailed()) {
                batches++;
            }
            write.fail(cause);
        }
        return batches;
    }
}
