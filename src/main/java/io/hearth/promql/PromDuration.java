package io.hearth.promql;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Prometheus writes them: {@code 1h30m}, units descending and each at most once; a year has 365 days. */
public final class PromDuration {
    /** Longer than any retention, and short enough for sums with times. */
    public static final long MAX_MICROS = 1000L * 365 * 86_400 * 1_000_000;

    private static final Pattern FORM = Pattern.compile("(?:([0-9]{1,12})y)?(?:([0-9]{1,12})w)?(?:([0-9]{1,12})d)?"
            + "(?:([0-9]{1,12})h)?(?:([0-9]{1,12})m)?(?:([0-9]{1,12})s)?(?:([0-9]{1,12})ms)?");
    private static final long[] UNIT_MICROS = {
        365L * 86_400_000_000L, 7 * 86_400_000_000L, 86_400_000_000L, 3_600_000_000L, 60_000_000L, 1_000_000L, 1_000L
    };

    private PromDuration() {}

    /**
     * The duration in microseconds.
     *
     * @throws IllegalArgumentException if it is none, or longer than a thousand years
     */
    public static long parseMicros(String text) {
        Matcher form = FORM.matcher(text);
        if (text.isEmpty() || !form.matches()) {
            throw new IllegalArgumentException("not a valid duration string: \"" + text + '"');
        }
        double micros = 0;
        for (int unit = 0; unit < UNIT_MICROS.length; unit++) {
            String amount = form.group(unit + 1);
            micros += amount == null ? 0 : Long.parseLong(amount) * (double) UNIT_MICROS[unit];
        }
        if (micros > MAX_MICROS) {
            throw new IllegalArgumentException("duration out of range: \"" + text + '"');
        }
        return (long) micros;
    }

    /**
     * Seconds with a fraction as a duration, rounded to milliseconds, which is as fine as Prometheus counts.
     *
     * @throws IllegalArgumentException if it is not finite, or longer than a thousand years
     */
    public static long ofSeconds(double seconds) {
        if (!(Math.abs(seconds) * 1e6 <= MAX_MICROS)) {
            throw new IllegalArgumentException("duration out of range");
        }
        return Math.round(seconds * 1e3) * 1000;
    }
}
