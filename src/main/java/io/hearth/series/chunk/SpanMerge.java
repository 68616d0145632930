package io.hearth.series.chunk;

import java.util.ArrayList;
import java.util.List;

/**
 * Makes spans few. Neighbours become one span with the larger of their stamps; first those of one stamp, then those whose
 * commits lie within a window that doubles until the spans are few enough, so that stamps move by little. Spans of
 * different retention are joined only if nothing else is left, and then keep the longer, so that no reading expires early.
 */
final class SpanMerge {
    private static final int WINDOW_BITS = 48;

    private SpanMerge() {}

    static List<Span> merge(List<Span> spans, int max) {
        List<Span> merged = merge(spans, 0, false);
        for (int bits = 0; merged.size() > max; bits++) {
            boolean acrossRetentions = bits > WINDOW_BITS;
            merged = merge(spans, 1L << Math.min(bits, WINDOW_BITS), acrossRetentions);
        }
        return merged;
    }

    private static List<Span> merge(List<Span> spans, long windowMillis, boolean acrossRetentions) {
        List<Span> merged = new ArrayList<>();
        Span joined = spans.get(0);
        long earliest = millis(joined);
        long latest = earliest;
        for (Span span : spans.subList(1, spans.size())) {
            long millis = millis(span);
            boolean near = windowMillis == 0
                    ? span.stamp().equals(joined.stamp())
                    : Math.max(latest, millis) - Math.min(earliest, millis) <= windowMillis;
            if (near && (acrossRetentions || span.retentionSeconds() == joined.retentionSeconds())) {
                joined = join(joined, span);
                earliest = Math.min(earliest, millis);
                latest = Math.max(latest, millis);
            } else {
                merged.add(joined);
                joined = span;
                earliest = millis;
                latest = millis;
            }
        }
        merged.add(joined);
        return merged;
    }

    private static Span join(Span a, Span b) {
        return new Span(
                a.readings() + b.readings(),
                a.stamp().compareTo(b.stamp()) >= 0 ? a.stamp() : b.stamp(),
                Span.longerRetention(a.retentionSeconds(), b.retentionSeconds()));
    }

    private static long millis(Span span) {
        return span.stamp().time().physicalMillis();
    }
}
