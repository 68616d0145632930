package io.hearth.limits;

import io.hearth.limits.QueryRefusedException.Reason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The queries that run, and the memory that they hold together. What is more waits for a while, and is refused then. Safe for
 * several threads.
 */
public final class RunningQueries {
    /** Queries that wait to begin, each on a thread of its own: more are refused at once. */
    static final int MAX_WAITING = 64;

    /** Memory is taken in pieces of this size. */
    static final long PIECE_BYTES = 256 << 10;

    /** What a query may hold before it takes its turn; no more of these than threads that answer hold so much. */
    static final long SMALL_BYTES = 256 << 10;

    /** How often a query that waits looks whether its client is still there. */
    private static final long LOOK_MILLIS = 100;

    private final int most;
    private final long bytes;
    private final Duration wait;
    private final Map<Reason, Counter> refused = new EnumMap<>(Reason.class);
    private final int processors = Runtime.getRuntime().availableProcessors();

    // Guarded by this.
    private volatile int running; // written with the lock
    private int waitingToBegin;
    private int waitingForMemory;
    private long held;

    /**
     * @param most queries at a time
     * @param bytes what they may hold together
     * @param wait how long a query may wait to begin, and each time that it needs memory
     */
    public RunningQueries(int most, long bytes, Duration wait, MeterRegistry registry) {
        this.most = most;
        this.bytes = bytes;
        this.wait = wait;
        Gauge.builder("hearth.queries.running", this, RunningQueries::running)
                .description("Queries and aggregates that run")
                .register(registry);
        Gauge.builder("hearth.queries.held.bytes", this, RunningQueries::held)
                .description("Memory that the running queries and aggregates hold")
                .register(registry);
        for (Reason reason : Reason.values()) {
            refused.put(
                    reason,
                    Counter.builder("hearth.queries.refused")
                            .description("Queries and aggregates that were refused or ended before their time")
                            .tag("reason", reason.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
    }

    /**
     * Begins a query. Waits while too many run.
     *
     * @param clientGone whether nobody waits for the answer any more
     * @param patience how long to wait at most, if that is less than the setting
     * @return what it holds, to be closed at its end
     * @throws QueryRefusedException if it would have to wait for too long
     */
    public Share begin(BooleanSupplier clientGone, Duration patience) {
        admit(clientGone, shorter(patience, wait));
        return new Share(clientGone, true);
    }

    /**
     * Begins a query that most often needs little: it takes its turn only when it is to hold more than {@link #SMALL_BYTES}, and waits
     * then for as long as the setting says.
     */
    public Share beginWhenLarge(BooleanSupplier clientGone) {
        return new Share(clientGone, false);
    }

    private synchronized void admit(BooleanSupplier clientGone, Duration patience) {
        long deadlineNanos = System.nanoTime() + patience.toNanos();
        if (running >= most && waitingToBegin >= MAX_WAITING) {
            throw refuse(Reason.TOO_MANY, MAX_WAITING + " queries wait for others to end; try again later");
        }
        waitingToBegin++;
        try {
            while (running >= most) {
                if (!await(clientGone, deadlineNanos)) {
                    throw refuse(
                            Reason.TOO_MANY,
                            "query timed out in query queue: " + most + " others run; try again later");
                }
            }
            running++;
        } finally {
            waitingToBegin--;
        }
    }

    /** What one query holds. Safe for several threads. */
    public final class Share implements AutoCloseable {
        private final BooleanSupplier clientGone;

        /** Why none of its threads may go on: it was refused, or has ended. Null while it runs. */
        private volatile @Nullable QueryRefusedException over;

        // Guarded by this.
        private long taken;
        private long used;
        private boolean begun;
        private boolean closed;

        private Share(BooleanSupplier clientGone, boolean begun) {
            // Whoever waits for the share hears of its end, too.
            this.clientGone = () -> over != null || clientGone.getAsBoolean();
            this.begun = begun;
        }

        /**
         * Takes memory, until the query ends. Waits while the others hold too much.
         *
         * @throws QueryRefusedException if the query would have to wait for too long, or is over
         */
        public synchronized void take(long more) {
            used += more;
            boolean small = !begun && used <= SMALL_BYTES;
            if (over != null || (used > taken && !small)) {
                long piece = (used - taken + PIECE_BYTES - 1) / PIECE_BYTES * PIECE_BYTES;
                try {
                    requireClient();
                    if (!begun) {
                        admit(clientGone, wait);
                        begun = true;
                    }
                    takePiece(this, piece);
                } catch (QueryRefusedException e) {
                    over = e;
                    throw e;
                }
                taken += piece;
            }
        }

        /** How long a query rests that was busy for so long; 0 if no more than two run for each processor of the machine. */
        public double restNanosFor(long busyNanos) {
            return restFor(busyNanos, running, processors);
        }

        /** Gives back memory that was taken; the query keeps it and takes it again without waiting. */
        public synchronized void giveBack(long bytes) {
            used -= bytes;
        }

        /** Whether nobody waits for the answer any more. */
        public boolean clientHasGone() {
            return clientGone.getAsBoolean();
        }

        /**
         * Ends a query whose client has gone, or that another of its threads was refused something.
         *
         * @throws QueryRefusedException to end it
         */
        public void requireClient() {
            QueryRefusedException refusal = over;
            if (refusal != null) {
                throw refusal;
            }
            if (clientHasGone()) {
                throw new QueryRefusedException(Reason.CLIENT_GONE, "the client has gone");
            }
        }

        @Override
        public void close() {
            over = new QueryRefusedException(Reason.CLIENT_GONE, "the query has ended");
            synchronized (this) {
                if (!closed && begun) {
                    end(taken);
                }
                closed = true;
            }
        }
    }

    /**
     * So that at any time about two compute for each processor. With one, a processor would often have nothing to do, as they rest by
     * chance at the same time.
     */
    static double restFor(long busyNanos, int running, int processors) {
        int most = 2 * processors;
        return running <= most ? 0 : busyNanos * ((double) running / most - 1);
    }

    private synchronized void takePiece(Share share, long piece) {
        if (share.taken + piece > bytes) {
            throw refuse(
                    Reason.TOO_LARGE,
                    "the query needs more memory than all queries together may hold, " + bytes
                            + " bytes; ask for fewer devices, larger steps or a shorter time");
        }
        long deadlineNanos = System.nanoTime() + wait.toNanos();
        while (held + piece > bytes) {
            // When each one waits for another, nobody gets on: the last one gives way.
            boolean allWait = waitingForMemory + 1 >= running;
            waitingForMemory++;
            try {
                if (allWait || !await(share.clientGone, deadlineNanos)) {
                    throw refuse(
                            Reason.MEMORY,
                            "the queries that run hold all the memory that queries may, " + bytes
                                    + " bytes; try again later");
                }
            } finally {
                waitingForMemory--;
            }
        }
        held += piece;
    }

    private synchronized void end(long taken) {
        running--;
        held -= taken;
        notifyAll();
    }

    /** Waits for others to end; false if the time is over. With the lock, which it lets go meanwhile. */
    @SuppressWarnings("WaitNotInLoop") // the loops are those of the callers
    private boolean await(BooleanSupplier clientGone, long deadlineNanos) {
        if (clientGone.getAsBoolean()) {
            throw refuse(Reason.CLIENT_GONE, "the client has gone");
        }
        long leftMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
        if (leftMillis <= 0) {
            return false;
        }
        try {
            wait(Math.min(leftMillis, LOOK_MILLIS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw refuse(Reason.CLIENT_GONE, "interrupted");
        }
        return true;
    }

    private QueryRefusedException refuse(Reason reason, String message) {
        Counter counter = refused.get(reason);
        if (counter != null) {
            counter.increment();
        }
        return new QueryRefusedException(reason, message);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    synchronized int running() {
        return running;
    }

    synchronized int waiting() {
        return waitingToBegin + waitingForMemory;
    }

    synchronized long held() {
        return held;
    }
}
