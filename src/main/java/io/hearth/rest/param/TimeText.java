package io.hearth.rest.param;

import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import io.hearth.model.TimeSpan;
import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Times as callers write them: RFC 3339 with an offset, an epoch number (s, ms, µs or ns, by magnitude), or relative to
 * now: {@code now}, {@code -24h}, {@code now-7d}, {@code now-1M}, {@code -PT5M}, with a {@link TimeSpan}.
 */
public final class TimeText {
    static final String EXPECTED =
            "must be a time: RFC 3339 with an offset, an epoch number, or relative as now, -24h, now-7d, now-1M, -PT5M";

    private static final String OUT_OF_BOUNDS = "must be between the years 0 and 9999";

    private static final Pattern RELATIVE = Pattern.compile("(?i:now)?([+-])(.*[a-zA-Z])");
    // What EpochMicros reads as a number, without Java's own forms: 24d is not a double here, but a slip for -24d.
    private static final Pattern ABSOLUTE =
            Pattern.compile("[+-]?[0-9]+(\\.[0-9]+)?(e[+-]?[0-9]+)?|[0-9]{4}-.+", Pattern.CASE_INSENSITIVE);
    private static final int MAX_LENGTH = 64;

    private TimeText() {}

    /**
     * The instant that {@code text} means, in microseconds.
     *
     * @param nowMicros what {@code now} is
     * @throws IllegalArgumentException if it is not a time, or one that RFC 3339 cannot write
     */
    public static long parse(String text, long nowMicros) {
        // A plus sign that was not percent-encoded arrives as a space, as in ?from=2026-11-22T10:00:00+01:00.
        String time = text.replace(' ', '+');
        if (time.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(EXPECTED);
        }
        if (time.equalsIgnoreCase("now")) {
            return nowMicros;
        }
        long micros;
        try {
            Matcher relative = RELATIVE.matcher(time);
            if (relative.matches()) {
                micros = TimeSpan.parse(relative.group(2))
                        .from(nowMicros, relative.group(1).equals("-"));
            } else if (ABSOLUTE.matcher(time).matches()) {
                micros = EpochMicros.parse(time);
            } else {
                throw new IllegalArgumentException(EXPECTED);
            }
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(OUT_OF_BOUNDS, e);
        } catch (DateTimeParseException | IllegalArgumentException e) {
            throw new IllegalArgumentException(EXPECTED, e);
        }
        if (micros < EpochMicros.MIN_RFC3339 || micros > EpochMicros.MAX_RFC3339) {
            throw new IllegalArgumentException(OUT_OF_BOUNDS);
        }
        return micros;
    }

    /**
     * The range that a query asks for. Without {@code from} it begins 24 hours before {@code to}, or before now.
     *
     * @param from as {@link #parse} takes it
     * @param to as {@link #parse} takes it; without it the range ends at {@code openEndMicros}
     * @throws ProblemException from is behind to
     */
    public static TimeRange range(@Nullable String from, @Nullable String to, long openEndMicros, long nowMicros) {
        long end = to == null ? openEndMicros : parse(to, nowMicros);
        long start = parse(from == null ? "-24h" : from, from == null && to != null ? end : nowMicros);
        if (start > end) {
            throw ProblemException.invalid(List.of(
                    new FieldError("from", "must not be after to"), new FieldError("to", "must not be before from")));
        }
        return new TimeRange(start, end);
    }
}
