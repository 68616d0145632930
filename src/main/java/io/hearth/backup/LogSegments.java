package io.hearth.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/** The segments of one log, in the order in which they were begun. */
final class LogSegments {
    private static final Comparator<Segment> BY_NAME = Comparator.comparing(Segment::name);
    private static final Comparator<Segment> BY_CHANGE =
            Comparator.comparing(Segment::changed).thenComparing(Segment::file);

    private LogSegments() {}

    /**
     * A segment.
     *
     * @param first the sequence number that it begins with: what its first block says, or else its name
     * @param changed when the file was written last
     * @param hasBlocks whether there is a first block to read
     */
    record Segment(Path file, SegmentName name, long first, FileTime changed, boolean hasBlocks) {}

    /** As below. */
    static List<Segment> in(Path directory) throws IOException {
        return in(directory, path -> {});
    }

    /**
     * Goes by what is in the files, so that one that was renamed keeps its place: among those that begin with the same record it
     * has that of the time when it was written.
     *
     * @param strangers hears of what is no segment
     */
    static List<Segment> in(Path directory, Consumer<Path> strangers) throws IOException {
        List<Segment> segments = new ArrayList<>();
        List<Segment> renamed = new ArrayList<>();
        for (Path file : DurableFiles.list(directory)) {
            if (!Files.isRegularFile(file)) {
                strangers.accept(file);
                continue;
            }
            SegmentName name = SegmentName.of(file);
            FileTime changed = Files.getLastModifiedTime(file);
            try (LogSegment segment = new LogSegment(file)) {
                LogBlock block = segment.next();
                if (block != null && name != null && name.first() == block.first()) {
                    segments.add(new Segment(file, name, block.first(), changed, true));
                } else if (block != null) {
                    renamed.add(new Segment(file, new SegmentName(block.first(), 0), block.first(), changed, true));
                } else if (name != null) {
                    segments.add(new Segment(file, name, name.first(), changed, false));
                } else {
                    strangers.accept(file);
                }
            }
        }
        segments.sort(BY_NAME);
        renamed.sort(BY_CHANGE);
        renamed.forEach(segment -> insert(segment, segments));
        return segments;
    }

    private static void insert(Segment segment, List<Segment> segments) {
        int place = 0;
        while (place < segments.size() && !isLater(segments.get(place), segment)) {
            place++;
        }
        segments.add(place, segment);
    }

    private static boolean isLater(Segment one, Segment other) {
        return one.first() > other.first()
                || (one.first() == other.first() && one.changed().compareTo(other.changed()) > 0);
    }

    /** The greatest sequence number in a segment; {@link Long#MAX_VALUE} if a part of it cannot be read. */
    static long lastOf(Path file) throws IOException {
        long last = 0;
        try (LogSegment segment = new LogSegment(file)) {
            for (LogBlock block = segment.next(); block != null; block = segment.next()) {
                last = Math.max(last, block.last());
            }
            return segment.damages().isEmpty() ? last : Long.MAX_VALUE;
        }
    }
}
