package io.hearth.backup;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of a segment. Names sort in the order in which the segments of a log were begun, also when some of them have been
 * removed: a log only ever goes on behind what it has, and no attempt number is used before the greatest one that is there.
 *
 * @param first the sequence number that the segment begins with
 * @param attempt tells apart segments that begin with the same number; from 0
 */
record SegmentName(long first, int attempt) implements Comparable<SegmentName> {
    private static final Pattern TEXT = Pattern.compile("([0-9]{20})-([0-9]{4,9})\\.log");
    private static final Comparator<SegmentName> ORDER =
            Comparator.comparingLong(SegmentName::first).thenComparingInt(SegmentName::attempt);

    /** Null if it is no name of a segment. */
    static @Nullable SegmentName of(Path file) {
        Matcher matcher = TEXT.matcher(file.getFileName().toString());
        if (!matcher.matches()) {
            return null;
        }
        try {
            return new SegmentName(Long.parseLong(matcher.group(1)), Integer.parseInt(matcher.group(2)));
        } catch (NumberFormatException e) {
            return null; // more than a sequence number can be
        }
    }

    String text() {
        return "%020d-%04d.log".formatted(first, attempt);
    }

    @Override
    public int compareTo(SegmentName other) {
        return ORDER.compare(this, other);
    }
}
