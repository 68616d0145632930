package io.hearth.backup;

import io.hearth.backup.LogSegments.Segment;
import io.hearth.table.rocksdb.LogRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The segments of one log, as far as they follow each other without a gap behind a sequence number. */
final class ArchivedLog {
    /** Hears of blocks in order. */
    interface Visitor {
        void visit(LogBlock block) throws IOException;
    }

    private final Path directory;
    private final long after;
    private final List<String> damages = new ArrayList<>();
    private long last;
    private long completeUntilMicros;
    private long lastWithin = Long.MIN_VALUE;
    private @Nullable LogBlock lastBlock;

    private ArchivedLog(Path directory, long after) {
        this.directory = directory;
        this.after = after;
        last = after;
    }

    /** Looks through the log behind {@code after} once. */
    static ArchivedLog scan(Path directory, long after) throws IOException {
        return scan(directory, after, Long.MAX_VALUE);
    }

    /** As {@link #scan(Path, long)}, and finds the last commit that began at {@code untilMicros} or before. */
    static ArchivedLog scan(Path directory, long after, long untilMicros) throws IOException {
        ArchivedLog log = new ArchivedLog(directory, after);
        log.walk(block -> log.see(block, untilMicros));
        return log;
    }

    /** The sequence number that the log reaches; {@code after} if it has nothing. */
    long last() {
        return last;
    }

    /** Every commit that was acknowledged before this is in the log; 0 if there is none of which that is known. */
    long completeUntilMicros() {
        return completeUntilMicros;
    }

    /**
     * The last record that must be applied to have all that was committed by the instant that was asked for: when the clock
     * was set back, that is the last time that it passed. {@link Long#MIN_VALUE} if there is no such commit.
     */
    long lastWithin() {
        return lastWithin;
    }

    /** The last commit, if there is one. */
    @Nullable
    LogRecord lastRecord() {
        if (lastBlock == null) {
            return null;
        }
        List<LogRecord> commits = lastBlock.commits();
        return commits.get(commits.size() - 1);
    }

    /** What is wrong, by file; gaps included. */
    List<String> damages() {
        return damages;
    }

    /** Visits the blocks that have something behind {@code after}, until there is a gap. */
    void walk(Visitor visitor) throws IOException {
        damages.clear();
        long reached = after;
        for (Segment found : LogSegments.in(directory)) {
            Path file = found.file();
            try (LogSegment segment = new LogSegment(file)) {
                for (LogBlock block = segment.next(); block != null; block = segment.next()) {
                    if (block.last() < reached) {
                        continue;
                    }
                    if (block.first() > reached + 1) {
                        damages.add(file + " goes on with record " + block.first()
                                + ", but the log before it ends with " + reached);
                        return;
                    }
                    visitor.visit(block);
                    reached = Math.max(reached, block.last());
                }
                if (segment.damage() != null) {
                    damages.add(segment.damage());
                    return;
                }
            }
        }
    }

    private void see(LogBlock block, long untilMicros) {
        last = Math.max(last, block.last());
        completeUntilMicros = Math.max(completeUntilMicros, block.completeUntilMicros());
        if (block.first() > block.last()) {
            return;
        }
        lastBlock = block;
        if (untilMicros != Long.MAX_VALUE && block.earliestMicros() <= untilMicros) {
            for (LogRecord commit : block.commits()) {
                if (commit.commitMicros() != LogRecord.NO_TIME && commit.commitMicros() <= untilMicros) {
                    lastWithin = commit.last();
                }
            }
        }
    }
}
