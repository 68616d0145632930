package io.hearth.series.aggregate;

import io.hearth.model.TimeSpan;
import java.time.Duration;
import java.time.LocalDate;
import java.time.Period;
import org.jspecify.annotations.Nullable;

/**
 * How wide buckets are: a fixed duration, or whole days or months of the calendar in some zone. {@code 1d} is a day of the
 * calendar, 23 or 25 hours long where clocks change; {@code 24h} is always as long.
 */
public sealed interface Every {
    /** The longest width, in years of the calendar or as long. */
    int MAX_YEARS = 1000;

    /**
     * Reads a span of time as {@link io.hearth.model.TimeSpan} has it: {@code 250ms}, {@code 5m}, {@code 1h30m}, {@code 1d}, {@code 1w}
     * (which is {@code 7d}), {@code 1M}, {@code 1q}, {@code 1y}, {@code PT5M}, {@code P1D}, {@code P1Y6M}. Days, months and shorter units do not mix.
     *
     * @throws IllegalArgumentException if it is none of these, not positive, finer than a millisecond or longer than
     *     {@link #MAX_YEARS} years
     */
    static Every parse(String text) {
        TimeSpan span;
        try {
            span = TimeSpan.parse(text);
            if (span.months() == 0 && span.days() == 0) {
                return Fixed.of(span.time());
            }
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw malformed(e);
        }
        require(span.time().isZero() && (span.months() == 0 || span.days() == 0));
        return span.months() == 0 ? new Days(span.days()) : new Months(span.months());
    }

    private static void require(boolean valid) {
        if (!valid) {
            throw malformed(null);
        }
    }

    private static IllegalArgumentException malformed(@Nullable Throwable cause) {
        return new IllegalArgumentException(
                "not a bucket width: whole milliseconds or more as in 5m, 1h30m or PT5M, days as in 1d, 1w or P1D, "
                        + "or months as in 1M, 1mo, 1q, 1y or P1M; at most " + MAX_YEARS + " years",
                cause);
    }

    /** The one ISO 8601 form of this width, as in {@code PT5M}, {@code P1D}, {@code P7D}, {@code P1M}, {@code P1Y}. */
    String text();

    /** Its length in microseconds, of days and months the mean length. */
    long meanMicros();

    /**
     * A fixed duration. If it divides 24 h and is shorter, buckets begin where the zone's clock shows a multiple of it counted
     * from midnight, so also after a change of the clock at round hours; if not, at multiples of it since
     * 1970-01-01T00:00Z.
     *
     * @param micros whole milliseconds
     */
    record Fixed(long micros) implements Every {
        static final long DAY_MICROS = 86_400_000_000L;
        static final long MAX_MICROS = MAX_YEARS * 366L * DAY_MICROS;

        public Fixed {
            require(micros > 0 && micros <= MAX_MICROS && micros % 1000 == 0);
        }

        static Fixed of(Duration duration) {
            require(duration.toNanosPart() % 1_000_000 == 0);
            return new Fixed(Math.multiplyExact(duration.toMillis(), 1000L));
        }

        boolean followsClock() {
            return micros < DAY_MICROS && DAY_MICROS % micros == 0;
        }

        @Override
        public String text() {
            return Duration.ofMillis(micros / 1000).toString();
        }

        @Override
        public long meanMicros() {
            return micros;
        }
    }

    /** Days of the calendar, from midnight to midnight, counted from Monday 1969-12-29; so weeks begin on Mondays. */
    record Days(int days) implements Every {
        private static final LocalDate MONDAY = LocalDate.of(1969, 12, 29);

        public Days {
            require(days > 0 && days <= MAX_YEARS * 366);
        }

        LocalDate firstDayOfBucket(LocalDate date) {
            long passed = date.toEpochDay() - MONDAY.toEpochDay();
            return date.minusDays(Math.floorMod(passed, days));
        }

        @Override
        public String text() {
            return Period.ofDays(days).toString();
        }

        @Override
        public long meanMicros() {
            return days * Fixed.DAY_MICROS;
        }
    }

    /** Months of the calendar, counted from January of year 0; so quarters and years begin where people expect. */
    record Months(int months) implements Every {
        private static final long MEAN_MONTH_MICROS = 2_629_746_000_000L;

        public Months {
            require(months > 0 && months <= MAX_YEARS * 12);
        }

        LocalDate firstDayOfBucket(LocalDate date) {
            long passed = date.getYear() * 12L + date.getMonthValue() - 1;
            return date.withDayOfMonth(1).minusMonths(Math.floorMod(passed, months));
        }

        @Override
        public String text() {
            return Period.ofMonths(months).normalized().toString();
        }

        @Override
        public long meanMicros() {
            return months * MEAN_MONTH_MICROS;
        }
    }
}
