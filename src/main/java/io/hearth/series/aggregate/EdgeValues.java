package io.hearth.series.aggregate;

import io.hearth.model.Column;
import org.jspecify.annotations.Nullable;

/** Per bucket, the first or the last value of any kind, by device time, whatever the order they are offered in. */
final class EdgeValues {
    static final long BYTES_PER_BUCKET = Long.BYTES + 1 + Double.BYTES;

    /** What a text takes beside its characters, and a reference to it for each bucket. */
    private static final long TEXT_BYTES = 56;

    private static final long REFERENCE_BYTES = 4;

    /** The budget is asked for so much at a time. */
    private static final long BYTES_AT_A_TIME = 16 << 10;

    private final boolean last;
    private final AnswerBudget budget;
    private final long[] micros;
    private final byte[] kinds;
    private final double[] numbers;
    /** Null until there is one, as few metrics have texts. */
    private @Nullable String @Nullable [] texts;

    /** What the texts take, and what the budget was asked for. */
    private long textBytes;

    private long allowedBytes;

    /** @param last whether to keep the last value rather than the first */
    EdgeValues(int buckets, boolean last, AnswerBudget budget) {
        this.last = last;
        this.budget = budget;
        micros = new long[buckets];
        kinds = new byte[buckets];
        numbers = new double[buckets];
    }

    /**
     * Offers a value.
     *
     * @param kind any but {@link Column#ABSENT}
     * @param text only of a {@link Column#TEXT}
     */
    void offer(int bucket, long atMicros, byte kind, double number, @Nullable String text) {
        if (kinds[bucket] != Column.ABSENT) {
            int order = Long.compare(atMicros, micros[bucket]);
            boolean wins = order == 0 ? exceeds(bucket, kind, number, text) : (order > 0) == last;
            if (!wins) {
                return;
            }
        }
        micros[bucket] = atMicros;
        kinds[bucket] = kind;
        numbers[bucket] = number;
        if (text != null && texts == null) {
            budget.hold(REFERENCE_BYTES * kinds.length);
            texts = new String[kinds.length];
        }
        if (texts != null) {
            allow(bytesOf(text) - bytesOf(texts[bucket]));
            texts[bucket] = text;
        }
    }

    private void allow(long more) {
        textBytes += more;
        if (textBytes > allowedBytes) {
            long bytes = Math.max(textBytes - allowedBytes, BYTES_AT_A_TIME);
            budget.hold(bytes);
            allowedBytes += bytes;
        }
    }

    private static long bytesOf(@Nullable String text) {
        return text == null ? 0 : TEXT_BYTES + text.length();
    }

    void offer(int bucket, RollupCell.Edge edge) {
        offer(bucket, edge.micros(), edge.kind(), edge.number(), edge.text());
    }

    /** Of two devices' values at one instant the greater is kept, so that the order of devices does not matter. */
    private boolean exceeds(int bucket, byte kind, double number, @Nullable String text) {
        if (kind != kinds[bucket]) {
            return kind > kinds[bucket];
        }
        String ours = text(bucket);
        return (text != null && ours != null) ? text.compareTo(ours) > 0 : Double.compare(number, numbers[bucket]) > 0;
    }

    void merge(EdgeValues other) {
        for (int b = 0; b < kinds.length; b++) {
            if (other.kinds[b] != Column.ABSENT) {
                offer(b, other.micros[b], other.kinds[b], other.numbers[b], other.text(b));
            }
        }
    }

    /** The value of a bucket that has one. */
    RollupCell.Edge edge(int bucket) {
        byte kind = kinds[bucket];
        return new RollupCell.Edge(
                micros[bucket],
                kind,
                kind == Column.TEXT ? 0 : numbers[bucket],
                kind == Column.TEXT ? text(bucket) : null);
    }

    byte kind(int bucket) {
        return kinds[bucket];
    }

    double number(int bucket) {
        return numbers[bucket];
    }

    @Nullable
    String text(int bucket) {
        return texts == null ? null : texts[bucket];
    }
}
