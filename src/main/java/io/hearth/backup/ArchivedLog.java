package io.hearth.backup;

import io.hearth.backup.LogSegments.Segment;
import io.hearth.model.EpochMicros;
import io.hearth.table.rocksdb.LogRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The segments of one log, as far as they follow each other without a gap behind a backup. */
final class ArchivedLog {
    /** Hears of blocks in order. */
    interface Visitor {
        void visit(LogBlock block) throws IOException;
    }

    /** The {@linkplain #end end} of a log without a block. */
    static final long NO_END = -1;

    private final Path directory;
    private final long after;
    private final long takenMicros;
    private final List<String> damages = new ArrayList<>();
    private final List<String> strangers = new ArrayList<>();
    private @Nullable String gap;
    private @Nullable String unfinished;
    private long last;
    private long end = NO_END;
    private long claimMicros;
    private long claimBehindMarkMicros;
    private boolean marked;
    private long lastWithin = Long.MIN_VALUE;
    private @Nullable LogBlock lastBlock;

    private ArchivedLog(Path directory, Manifest backup) {
        this.directory = directory;
        after = backup.sequence();
        takenMicros = EpochMicros.of(backup.taken());
        last = after;
    }

    /** Looks through the log behind a backup once. */
    static ArchivedLog scan(BackupDirectory backups, Manifest backup) throws IOException {
        return scan(backups, backup, Long.MAX_VALUE);
    }

    /** As above, and finds the last commit that began at {@code untilMicros} or before. */
    static ArchivedLog scan(BackupDirectory backups, Manifest backup, long untilMicros) throws IOException {
        ArchivedLog log = new ArchivedLog(backups.log(backup.log()), backup);
        log.walk(log::claim, block -> log.see(block, untilMicros));
        return log;
    }

    /** The sequence number that the log reaches; that of the backup if it has nothing behind it. */
    long last() {
        return last;
    }

    /** The sequence number with which the log itself ends, also if the backup reaches further; {@link #NO_END} if it is empty. */
    long end() {
        return end;
    }

    /**
     * Every commit that was acknowledged before can be restored with the backup and the log. When the clock was set back, that
     * is what the log says last, also if it had said more by the clock that was ahead.
     */
    Instant completeUntil() {
        if (marked) {
            return EpochMicros.toInstant(claimBehindMarkMicros == 0 ? takenMicros : claimBehindMarkMicros);
        }
        // Of an earlier build, or nothing was shipped since the backup.
        return EpochMicros.toInstant(Math.max(takenMicros, claimMicros));
    }

    /**
     * The last record that must be applied to have all that was committed by the instant that was asked for: when the clock
     * was set back, that is the last time that it passed, as far as commits or what the log says of itself tell.
     * {@link Long#MIN_VALUE} if there is no such commit.
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

    /** Where the log cannot be gone on with although there is more, and why; null if it can to its end. */
    @Nullable
    String gap() {
        return gap;
    }

    /** What is wrong with files, whether or not it made a gap. */
    List<String> damages() {
        return damages;
    }

    /** What may be wrong or not: the end of the last segment, if that is no whole block, and files that are no segments. */
    List<String> notes() {
        List<String> notes = new ArrayList<>(strangers);
        if (unfinished != null) {
            notes.add(unfinished);
        }
        return notes;
    }

    /** Visits the blocks that have something behind the backup, until there is a gap. */
    void walk(Visitor visitor) throws IOException {
        walk(block -> {}, visitor);
    }

    private void walk(Visitor all, Visitor behind) throws IOException {
        damages.clear();
        strangers.clear();
        gap = null;
        unfinished = null;
        long reached = after;
        for (Segment found : LogSegments.in(directory, path -> strangers.add(path + " is no segment of a log"))) {
            try (LogSegment segment = new LogSegment(found.file())) {
                for (LogBlock block = segment.next(); block != null; block = segment.next()) {
                    if (block.first() > reached + 1) {
                        damages.addAll(segment.damages());
                        gap = found.file() + " goes on with record " + block.first()
                                + ", but the log before it ends with " + reached
                                + (unfinished == null ? "" : " (" + unfinished + ")");
                        return;
                    }
                    unfinished = null;
                    all.visit(block);
                    if (block.last() >= reached) {
                        behind.visit(block);
                        reached = block.last();
                    }
                }
                damages.addAll(segment.damages());
                if (segment.unfinishedBytes() > 0) {
                    unfinished = "the last " + segment.unfinishedBytes() + " bytes of " + found.file()
                            + " are no whole block: they were being written when the service ended, or are damaged";
                }
            }
        }
    }

    private void claim(LogBlock block) {
        end = block.last();
        if (!marked && block.isMarkOf(takenMicros)) {
            marked = true;
            claimBehindMarkMicros = 0;
        } else if (block.completeUntilMicros() != 0) {
            claimBehindMarkMicros = block.completeUntilMicros();
            if (block.last() >= after) {
                claimMicros = Math.max(claimMicros, block.completeUntilMicros());
            }
        }
    }

    private void see(LogBlock block, long untilMicros) {
        last = Math.max(last, block.last());
        if (block.first() <= block.last()) {
            lastBlock = block;
            if (untilMicros != Long.MAX_VALUE && block.earliestMicros() <= untilMicros) {
                for (LogRecord commit : block.commits()) {
                    if (commit.commitMicros() != LogRecord.NO_TIME && commit.commitMicros() <= untilMicros) {
                        lastWithin = commit.last();
                    }
                }
            }
        }
        // Behind its commits: the clock may have been set back since the last one of them.
        if (block.completeUntilMicros() != 0 && block.completeUntilMicros() <= untilMicros) {
            lastWithin = block.last();
        }
    }
}
