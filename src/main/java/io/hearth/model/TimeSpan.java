package io.hearth.model;

import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How long something takes, in the words that callers use everywhere: {@code 5m}, {@code 1h30m}, {@code 7d}, {@code 1M} or ISO 8601,
 * {@code PT5M}, {@code P1M}. Units are ms, s, m (minutes), h, d, w, M or mo (months), q (quarters) and y; only m and M differ by case.
 *
 * @param months of the calendar; quarters and years are 3 and 12
 * @param days weeks are 7
 * @param time hours and shorter units
 */
public record TimeSpan(int months, int days, Duration time) {
    private static final int MAX_LENGTH = 64;
    private static final Pattern WORDS = Pattern.compile("(?:[0-9]{1,18}(?:(?i:ms|mo|[shdwqy])|m|M))+");
    private static final Pattern WORD = Pattern.compile("([0-9]+)([a-zA-Z]+)");

    /**
     * Reads a span without a sign in front.
     *
     * @throws IllegalArgumentException if it is none
     * @throws ArithmeticException if it is beyond the range of its units
     */
    public static TimeSpan parse(String text) {
        if (text.length() > MAX_LENGTH) {
            throw malformed(null);
        }
        try {
            return text.regionMatches(true, 0, "P", 0, 1) ? ofIso(text.toUpperCase(Locale.ROOT)) : ofWords(text);
        } catch (DateTimeParseException e) {
            throw malformed(e);
        }
    }

    /**
     * The instant that is later by this span, or earlier if {@code before}: by months of the calendar in UTC, then by days of 24 hours.
     *
     * @throws ArithmeticException if that is beyond the range
     */
    public long from(long micros, boolean before) {
        long shifted = micros;
        if (months != 0) {
            Instant instant = EpochMicros.toInstant(micros);
            shifted = EpochMicros.of(instant.atOffset(ZoneOffset.UTC)
                    .plusMonths(before ? -(long) months : months)
                    .toInstant());
        }
        Duration rest = time.plusDays(days);
        long restMicros = Math.addExact(Math.multiplyExact(rest.getSeconds(), 1_000_000L), rest.getNano() / 1000);
        return before ? Math.subtractExact(shifted, restMicros) : Math.addExact(shifted, restMicros);
    }

    private static TimeSpan ofIso(String text) {
        int timeAt = text.indexOf('T');
        String date = timeAt < 0 ? text : text.substring(0, timeAt);
        Period period = date.equals("P") && timeAt > 0 ? Period.ZERO : Period.parse(date);
        Duration time = timeAt < 0 ? Duration.ZERO : Duration.parse("P" + text.substring(timeAt));
        return new TimeSpan(Math.toIntExact(period.toTotalMonths()), period.getDays(), time);
    }

    private static TimeSpan ofWords(String text) {
        if (!WORDS.matcher(text).matches()) {
            throw malformed(null);
        }
        long months = 0;
        long days = 0;
        Duration time = Duration.ZERO;
        Matcher word = WORD.matcher(text);
        while (word.find()) {
            long amount = Long.parseLong(word.group(1));
            String unit = word.group(2);
            switch (unit.equals("M") ? "mo" : unit.toLowerCase(Locale.ROOT)) {
                case "ms" -> time = time.plusMillis(amount);
                case "s" -> time = time.plusSeconds(amount);
                case "m" -> time = time.plus(Duration.ofMinutes(amount));
                case "h" -> time = time.plus(Duration.ofHours(amount));
                case "d" -> days = Math.addExact(days, amount);
                case "w" -> days = Math.addExact(days, Math.multiplyExact(7, amount));
                case "mo" -> months = Math.addExact(months, amount);
                case "q" -> months = Math.addExact(months, Math.multiplyExact(3, amount));
                default -> months = Math.addExact(months, Math.multiplyExact(12, amount));
            }
        }
        return new TimeSpan(Math.toIntExact(months), Math.toIntExact(days), time);
    }

    private static IllegalArgumentException malformed(@Nullable Exception cause) {
        return new IllegalArgumentException("not a span of time, as in 5m, 1h30m, 7d, 1M, 1q, 1y or PT5M", cause);
    }
}
