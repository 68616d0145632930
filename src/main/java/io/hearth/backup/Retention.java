package io.hearth.backup;

import io.hearth.backup.LogSegments.Segment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Removes what recovery to any instant of the window does not need. */
final class Retention {
    private static final System.Logger LOG = System.getLogger(Retention.class.getName());

    private Retention() {}

    /**
     * Keeps the last backup that was taken before {@code start}, and all after it, with their files and logs.
     *
     * @param following writes the log that goes on
     */
    static void apply(BackupDirectory directory, Instant start, LogShipper following) throws IOException {
        List<Manifest> finished = directory.readable();
        int first = 0;
        for (int i = 0; i < finished.size(); i++) {
            if (!finished.get(i).taken().isAfter(start)) {
                first = i;
            }
        }
        for (Manifest old : finished.subList(0, first)) {
            // The manifest first: without it this is no backup, whatever is still there.
            Files.delete(directory.manifest(old.id()));
            DurableFiles.syncDirectory(directory.backup(old.id()));
        }
        boolean allRead = true;
        for (String id : directory.ids()) {
            if (!directory.isFinished(id)) {
                DurableFiles.removeTree(directory.backup(id));
            } else if (finished.stream().noneMatch(manifest -> manifest.id().equals(id))) {
                allRead = false;
            }
        }
        if (!allRead) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "a backup in " + directory.root() + " cannot be read, so no file that it may need is removed");
            return;
        }
        List<Manifest> kept = finished.subList(first, finished.size());
        removeUnshared(directory, kept);
        removeLogs(directory, kept, following);
    }

    private static void removeUnshared(BackupDirectory directory, List<Manifest> kept) throws IOException {
        Set<Path> needed = new HashSet<>();
        for (Manifest manifest : kept) {
            manifest.files().forEach(file -> needed.add(directory.root().resolve(file.path())));
        }
        for (Path file : DurableFiles.list(directory.sharedFiles())) {
            if (!needed.contains(file)) {
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
                .filter(segment -> segment.hasBlocks() && segment.first() <= after + 1)
                .toList();
        Path open = following.openSegment(); // asked behind the listing: one that begins meanwhile is not in the list
        for (int i = 0; i + 1 < early.size(); i++) {
            Segment segment = early.get(i);
            boolean endsBefore = segment.first() < early.get(early.size() - 1).first();
            if (!segment.file().equals(open) && (endsBefore || LogSegments.lastOf(segment.file()) <= after)) {
                Files.delete(segment.file());
            }
        }
    }
}
