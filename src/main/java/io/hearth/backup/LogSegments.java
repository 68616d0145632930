package io.hearth.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/** The segments of one log, in the order in which they were begun. */
final class LogSegments {
    private static final Comparator<Segment> ORDER = Comparator.comparingLong(Segment::first)
            .thenComparing(Segment::name)
            .thenComparing(Segment::file);

    private LogSegments() {}

    /**
     * A segment.
     *
     * @param first the sequence number that it begins with: what its first block says, or else its name
     * @param hasBlocks whether there is a first block to read
     */
    record Segment(Path file, SegmentName name, long first, boolean hasBlocks) {}

    /** As below. */
    static List<Segment> in(Path directory) throws IOException {
        return in(directory, path -> {});
    }

    /**
     * Goes by what is in the files, so that one that was renamed keeps its place.
     *
     * @param strangers hears of what is no segment
     */
    static List<Segment> in(Path directory, Consumer<Path> strangers) throws IOException {
        List<Segment> segments = new ArrayList<>();
        for (Path file : DurableFiles.list(directory)) {
            if (!Files.isRegularFile(file)) {
                strangers.accept(file);
                continue;
            }
            SegmentName name = SegmentName.of(file);
            try (LogSegment segment = new LogSegment(file)) {
                LogBlock block = segment.next();
                if (block != null) {
                    // One that was renamed is older than one that has got its name since.
                    SegmentName known = name == null ? new SegmentName(block.first(), -1) : name;
                    segments.add(new Segment(file, known, block.first(), true));
                } else if (name != null) {
                    segments.add(new Segment(file, name, name.first(), false));
                } else {
                    strangers.accept(file);
                }
            }
        }
        segments.sort(ORDER);
        return segments;
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
