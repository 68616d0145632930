package io.hearth.backup;

import io.hearth.backup.LogSegments.Segment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jboss.logging.Logger;

/** Removes what recovery to any instant of the window does not need. */
final class Retention {
    private static final Logger LOG = Logger.getLogger(Retention.class);

    private Retention() {}

    /**
     * Keeps the last backup that was taken before the window, and all after it, with their files and logs. The window ends with
     * the last backup but one, if that is earlier than now: so a clock that jumps ahead does not have one backup remove all
     * the others.
     *
     * @param following writes the log that goes on
     */
    static void apply(BackupDirectory directory, Instant now, Duration window, LogShipper following)
            throws IOException {
        BackupDirectory.Finished finished = directory.finished();
        List<Manifest> backups = finished.manifests();
        Instant previous =
                backups.size() < 2 ? now : backups.get(backups.size() - 2).taken();
        Instant start = (previous.isBefore(now) ? previous : now).minus(window);
        int first = 0;
        for (int i = 0; i < backups.size(); i++) {
            if (!backups.get(i).taken().isAfter(start)) {
                first = i;
            }
        }
        for (Manifest old : backups.subList(0, first)) {
            // The manifest first: without it this is no backup, whatever is still there.
            Files.delete(directory.manifest(old.id()));
            DurableFiles.syncDirectory(directory.backup(old.id()));
        }
        for (String id : directory.ids()) {
            if (Manifest.isId(id) && !directory.isFinished(id)) {
                DurableFiles.removeTree(directory.backup(id));
            }
        }
        if (!finished.unreadable().isEmpty()) {
            LOG.warn("No file of old backups is removed, as one that cannot be read may need it: "
                    + finished.unreadable().values());
            return;
        }
        List<Manifest> kept = backups.subList(first, backups.size());
        removeUnshared(directory, kept);
        removeLogs(directory, kept, following);
    }

    private static void removeUnshared(BackupDirectory directory, List<Manifest> kept) throws IOException {
        Set<Path> needed = new HashSet<>();
        for (Manifest manifest : kept) {
            manifest.files().forEach(file -> needed.add(directory.root().resolve(file.path())));
        }
        for (Path file : DurableFiles.list(directory.sharedFiles())) {
            if (!needed.contains(file) && Files.isRegularFile(file)) {
                Files.delete(file);
            }
        }
    }

    private static void removeLogs(BackupDirectory directory, List<Manifest> kept, LogShipper following)
            throws IOException {
        Map<Path, Long> neededAfter = new HashMap<>();
        for (Manifest manifest : kept) {
            neededAfter.merge(directory.log(manifest.log()), manifest.sequence(), Math::min);
        }
        for (Path log : directory.logs()) {
            Long after = neededAfter.get(log);
            if (after != null) {
                removeSegments(log, after, following);
            } else if (!log.equals(directory.log(following.log()))) {
                DurableFiles.removeTree(log);
            }
        }
    }

    /**
     * What is behind the beginning of a later segment is in that one. Of two that begin with the same record the contents
     * have to say what is in them: earlier builds gave a name twice, so that names do not tell which is the later one.
     */
    private static void removeSegments(Path log, long after, LogShipper following) throws IOException {
        List<Segment> early = LogSegments.in(log).stream()
                .filter(segment -> segment.first() <= after + 1)
                .toList();
        Segment last = null;
        for (Segment segment : early) {
            last = segment.hasBlocks() ? segment : last;
        }
        if (last == null) {
            return;
        }
        Path open = following.openSegment(); // asked behind the listing: one that begins meanwhile is not in the list
        for (Segment segment : early) {
            boolean isUsed = segment.equals(last) || segment.file().equals(open);
            if (!isUsed && (segment.first() < last.first() || LogSegments.lastOf(segment.file()) <= after)) {
                Files.delete(segment.file());
            }
        }
    }
}
