package io.hearth.table.rocksdb.commit;

import io.hearth.bytes.ByteWriter;
import io.hearth.table.Condition;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A writer that waits for its commit: encoded on its own thread, linked into the queue, answered exactly once. */
public abstract sealed class PendingWrite {
    private static final long OVERHEAD_BYTES = 128;

    private final UniEmitter<? super Void> writer;
    private final int writes;
    private final long bytes;

    /** The queue's link: on its way to the committer to the one before, then to the one behind. */
    @Nullable
    PendingWrite link;

    private @Nullable Throwable failure;

    private PendingWrite(UniEmitter<? super Void> writer, int writes, long bytes) {
        this.writer = writer;
        this.writes = writes;
        this.bytes = bytes + OVERHEAD_BYTES;
    }

    /** How many puts and deletes. */
    int writes() {
        return writes;
    }

    /** About how much memory it holds. */
    long bytes() {
        return bytes;
    }

    /** Whether it is a commit of its own. */
    boolean standsAlone() {
        return this instanceof Sweep || this instanceof Replacement;
    }

    /** Decides that the writer will be told of {@code cause}, unless it already failed. */
    void fail(Throwable cause) {
        if (failure == null) {
            failure = cause;
        }
    }

    boolean hasFailed() {
        return failure != null;
    }

    /** Tells the writer what became of it. */
    void answer() {
        if (failure != null) {
            writer.fail(failure);
        } else {
            writer.complete(null);
        }
    }

    /** Puts without index key: nothing to look at, so they are ready to be copied into the commit. */
    static final class Encoded extends PendingWrite {
        final byte[] records;
        final int length;

        Encoded(UniEmitter<? super Void> writer, int writes, ByteWriter records) {
            super(writer, writes, records.length());
            this.records = records.array();
            this.length = records.length();
        }
    }

    /** Writes whose commit depends on what is stored: deletes, conditions, and puts that move an index entry. */
    static final class Dependent extends PendingWrite {
        final List<Step> steps;

        Dependent(UniEmitter<? super Void> writer, List<Step> steps) {
            super(writer, steps.size(), steps.stream().mapToLong(Step::bytes).sum());
            this.steps = steps;
        }
    }

    /**
     * One write of a {@link Dependent}.
     *
     * @param value what to store; null deletes
     * @param indexRow the index entry that belongs to {@code value}; null if none does
     * @param condition what must hold of what is stored; null asks nothing. Only alone in its batch
     */
    record Step(
            byte[] rowKey,
            byte @Nullable [] value,
            byte @Nullable [] indexRow,
            @Nullable Condition condition) {
        long bytes() {
            return 2L * rowKey.length + (value == null ? 0 : value.length) + (indexRow == null ? 0 : indexRow.length);
        }
    }

    /** Stores items in place of others; the commit removes those, neighbours at once. */
    static final class Replacement extends PendingWrite {
        final byte[] records;
        final int length;
        final List<byte[]> superseded;

        /** @param superseded row keys, ascending */
        Replacement(UniEmitter<? super Void> writer, int puts, ByteWriter records, List<byte[]> superseded) {
            super(writer, puts + superseded.size(), records.length() + 64L * superseded.size());
            this.records = records.array();
            this.length = records.length();
            this.superseded = superseded;
        }

        int puts() {
            return writes() - superseded.size();
        }
    }

    /** Asks to remove what has expired. The commit looks again, as it may have been written anew. */
    public static final class Sweep extends PendingWrite {
        final Target target;

        /** What has expired by this epoch second is removed. */
        final long nowSeconds;

        /** How many rows the commit removed; set before the answer. */
        public volatile int removed;

        public Sweep(UniEmitter<? super Void> writer, Target target, long nowSeconds) {
            super(writer, 0, 0);
            this.target = target;
            this.nowSeconds = nowSeconds;
        }
    }

    /** Where to look for what has expired. */
    public sealed interface Target {
        /** The rows of the items in {@code [start, end)}; not more than a commit may look at without holding others up. */
        public record Items(byte[] start, byte[] end) implements Target {}

        /** Entries of the index that list what is not there any more. */
        public record IndexEntries(List<byte[]> rows) implements Target {}
    }
}
