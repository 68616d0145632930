package io.hearth.series.aggregate;

import java.time.Duration;
import java.time.Period;
import java.time.format.DateTimeParseException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How bucket widths are written. */
final class EverySyntax {
    private static final String MALFORMED = "not a bucket width: whole milliseconds or more as in 5m, 1h30m or PT5M, "
            + "days as in 1d, 1w or P1D, or months as in 1mo, 1y or P1M; at most " + Every.MAX_YEARS + " years";
    private static final Pattern CALENDAR = Pattern.compile("(\\d{1,9})(d|w|mo|y)");
    private static final Pattern FIXED =
            Pattern.compile("(?:(\\d{1,12})h)?(?:(\\d{1,12})m)?(?:(\\d{1,12})s)?(?:(\\d{1,15})ms)?");

    private EverySyntax() {}

    static Every parse(String text) {
        if (text.length() > 64) {
            throw malformed();
        }
        try {
            return text.startsWith("P") ? parseIso(text) : parseShort(text);
        } catch (DateTimeParseException | ArithmeticException e) {
            throw new IllegalArgumentException(MALFORMED, e);
        }
    }

    private static Every parseShort(String text) {
        Matcher calendar = CALENDAR.matcher(text);
        if (calendar.matches()) {
            int number = Integer.parseInt(calendar.group(1));
            return switch (calendar.group(2)) {
                case "d" -> new Every.Days(number);
                case "w" -> new Every.Days(Math.multiplyExact(number, 7));
                case "mo" -> new Every.Months(number);
                default -> new Every.Months(Math.multiplyExact(number, 12));
            };
        }
        Matcher fixed = FIXED.matcher(text);
        require(fixed.matches());
        long millis = 0;
        long[] unitMillis = {3_600_000, 60_000, 1000, 1};
        for (int i = 0; i < unitMillis.length; i++) {
            String digits = fixed.group(i + 1);
            if (digits != null) {
                millis = Math.addExact(millis, Math.multiplyExact(Long.parseLong(digits), unitMillis[i]));
            }
        }
        return new Every.Fixed(Math.multiplyExact(millis, 1000L));
    }

    private static Every parseIso(String text) {
        if (text.startsWith("PT")) {
            return Every.Fixed.of(Duration.parse(text));
        }
        Period period = Period.parse(text);
        long months = period.toTotalMonths();
        require((months == 0) != (period.getDays() == 0));
        return months == 0 ? new Every.Days(period.getDays()) : new Every.Months(Math.toIntExact(months));
    }

    static void require(boolean valid) {
        if (!valid) {
            throw malformed();
        }
    }

    private static IllegalArgumentException malformed() {
        return new IllegalArgumentException(MALFORMED);
    }
}
