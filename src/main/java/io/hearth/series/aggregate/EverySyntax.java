package io.hearth.series.aggregate;

import io.hearth.model.TimeSpan;

/** How bucket widths are written: a span of time in one kind of unit. */
final class EverySyntax {
    private static final String MALFORMED = "not a bucket width: whole milliseconds or more as in 5m, 1h30m or PT5M, "
            + "days as in 1d, 1w or P1D, or months as in 1M, 1mo, 1q, 1y or P1M; at most " + Every.MAX_YEARS + " years";

    private EverySyntax() {}

    static Every parse(String text) {
        TimeSpan span;
        try {
            span = TimeSpan.parse(text);
            if (span.months() == 0 && span.days() == 0) {
                return Every.Fixed.of(span.time());
            }
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new IllegalArgumentException(MALFORMED, e);
        }
        require(span.time().isZero() && (span.months() == 0 || span.days() == 0));
        return span.months() == 0 ? new Every.Days(span.days()) : new Every.Months(span.months());
    }

    static void require(boolean valid) {
        if (!valid) {
            throw new IllegalArgumentException(MALFORMED);
        }
    }
}
