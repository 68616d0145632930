package io.hearth.model;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.YearMonth;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Instants as microseconds since 1970-01-01T00:00Z, the one form of time inside: reads what devices send, writes what
 * apps get. A time that is finer is rounded down, in whatever form it comes, so that one instant has one key.
 */
public final class EpochMicros {
    /** 0000-01-01T00:00:00Z, the first instant that RFC 3339 can write. */
    public static final long MIN_RFC3339 = -62_167_219_200_000_000L;

    /** 9999-12-31T23:59:59.999999Z, the last instant that RFC 3339 can write. */
    public static final long MAX_RFC3339 = 253_402_300_799_999_999L;

    /** What {@link #parsePlainUtc} answers for what it does not read. */
    public static final long NOT_PLAIN = Long.MIN_VALUE;

    private static final DateTimeFormatter RFC3339 = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .appendLiteral('T')
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .appendOffset("+HH:MM", "Z")
            .toFormatter()
            .withResolverStyle(ResolverStyle.STRICT);

    // Magnitudes tell the unit apart: 10^11 s is the year 5138, 10^11 ms is March 1973.
    private static final double SECONDS_BELOW = 1e11;
    private static final double MILLIS_BELOW = 1e14;
    private static final double MICROS_BELOW = 1e17;

    /** No number beyond is a time in nanoseconds that a long of microseconds holds. */
    private static final double NANOS_BELOW = 9e21;

    /** Digits behind the point that no unit needs; more would only cost time. */
    private static final int MAX_SCALE = 30;

    private EpochMicros() {}

    /**
     * {@code instant} in microseconds, rounded down.
     *
     * @throws ArithmeticException if it lies further from 1970 than 292,000 years
     */
    public static long of(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1000);
    }

    public static Instant toInstant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    /** An epoch number in s, ms, µs or ns, told apart by its magnitude; rounded down. */
    public static long ofEpochNumber(long number) {
        double magnitude = Math.abs((double) number);
        if (magnitude < SECONDS_BELOW) {
            return number * 1_000_000;
        }
        if (magnitude < MILLIS_BELOW) {
            return number * 1_000;
        }
        return magnitude < MICROS_BELOW ? number : Math.floorDiv(number, 1_000L);
    }

    /**
     * An epoch number with a fraction, as its shortest decimal form has it.
     *
     * @throws IllegalArgumentException if it is not finite
     */
    public static long ofEpochNumber(double number) {
        if (!Double.isFinite(number)) {
            throw new IllegalArgumentException("a time must be finite");
        }
        return ofEpochNumber(BigDecimal.valueOf(number));
    }

    /**
     * An epoch number with a fraction, in s, ms, µs or ns, told apart by its magnitude; rounded down. Decimal, as a 64-bit float has
     * hardly a digit to spare at a time of now: half of them would be rounded down to the microsecond before.
     *
     * @throws IllegalArgumentException if it is beyond the range of a 64-bit float
     */
    public static long ofEpochNumber(BigDecimal number) {
        double magnitude = Math.abs(number.doubleValue());
        if (Double.isInfinite(magnitude)) {
            throw new IllegalArgumentException("a time must be finite");
        }
        if (magnitude >= NANOS_BELOW) {
            // Not the least long: it means "no time" to the buffers of ingest.
            return number.signum() < 0 ? Long.MIN_VALUE + 1 : Long.MAX_VALUE;
        }
        if (number.scale() - number.precision() > MAX_SCALE) {
            return number.signum() < 0 ? -1 : 0;
        }
        int digits = magnitude < SECONDS_BELOW ? 6 : magnitude < MILLIS_BELOW ? 3 : magnitude < MICROS_BELOW ? 0 : -3;
        return number.movePointRight(digits).setScale(0, RoundingMode.FLOOR).longValue();
    }

    /**
     * A time as text: RFC 3339 with an offset, or an epoch number as above.
     *
     * @throws IllegalArgumentException if it is neither
     */
    public static long parse(String text) {
        if (text.isEmpty() || text.length() > 64) {
            throw noTime(null);
        }
        boolean dated = text.length() > 10 && text.charAt(4) == '-';
        if (dated) {
            try {
                return of(OffsetDateTime.parse(text, RFC3339).toInstant());
            } catch (DateTimeParseException e) {
                throw new IllegalArgumentException("not an RFC 3339 time with an offset", e);
            }
        }
        boolean whole = true;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean digit = c >= '0' && c <= '9';
            whole &= digit || i == 0;
            // Java also reads digits of other scripts.
            if (!digit && "+-.eE".indexOf(c) < 0) {
                throw noTime(null);
            }
        }
        try {
            // More than 18 digits may be beyond the range of a long.
            return whole && text.length() <= 18
                    ? ofEpochNumber(Long.parseLong(text))
                    : ofEpochNumber(new BigDecimal(text));
        } catch (NumberFormatException e) {
            throw noTime(e);
        }
    }

    private static IllegalArgumentException noTime(@Nullable Exception cause) {
        return new IllegalArgumentException("not a time: neither RFC 3339 with an offset nor an epoch number", cause);
    }

    /**
     * Reads {@code YYYY-MM-DDThh:mm:ss[.f]Z}, the form in which times nearly always come, a hundred times as fast as
     * {@link #parse}; digits behind the microseconds are left out.
     *
     * @return {@link #NOT_PLAIN} for every other form, which may be a time or not
     */
    public static long parsePlainUtc(byte[] text, int from, int to) {
        int length = to - from;
        if (length < 20
                || text[to - 1] != 'Z'
                || text[from + 4] != '-'
                || text[from + 7] != '-'
                || text[from + 10] != 'T'
                || text[from + 13] != ':'
                || text[from + 16] != ':'
                || length != 20 && (text[from + 19] != '.' || length == 21 || length > 30)) {
            return NOT_PLAIN;
        }
        int year = number(text, from, 4);
        int month = number(text, from + 5, 2);
        int day = number(text, from + 8, 2);
        int hour = number(text, from + 11, 2);
        int minute = number(text, from + 14, 2);
        int second = number(text, from + 17, 2);
        int fraction = length == 20 ? 0 : number(text, from + 20, Math.min(6, length - 21));
        boolean valid = year >= 0
                && month >= 1
                && month <= 12
                && day >= 1
                && hour >= 0
                && hour < 24
                && minute >= 0
                && minute < 60
                && second >= 0
                && second < 60
                && fraction >= 0
                && (length <= 27 || number(text, from + 26, length - 27) >= 0);
        if (!valid || day > 28 && day > YearMonth.of(year, month).lengthOfMonth()) {
            return NOT_PLAIN;
        }
        for (int digits = length == 20 ? 6 : length - 21; digits < 6; digits++) {
            fraction *= 10;
        }
        // A civil date to days, counting years from March: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
        int marchYear = month <= 2 ? year - 1 : year;
        int era = Math.floorDiv(marchYear, 400);
        int yearOfEra = marchYear - era * 400;
        int dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
        long days = era * 146_097L + yearOfEra * 365L + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468;
        return ((days * 24 + hour) * 60 + minute) * 60_000_000L + second * 1_000_000L + fraction;
    }

    /** A number of so many digits; -1 if there is anything else. */
    private static int number(byte[] text, int from, int digits) {
        int number = 0;
        for (int i = from; i < from + digits; i++) {
            int digit = text[i] - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    /**
     * Writes {@code micros} as RFC 3339 UTC into {@code target} from {@code offset} on, with as many digits of the second
     * as it needs, in threes: {@code 2026-11-22T10:00:00Z}, {@code …00.123Z}, {@code …00.123456Z}.
     *
     * @param target with at least 27 bytes behind {@code offset}
     * @param micros between {@link #MIN_RFC3339} and {@link #MAX_RFC3339}
     * @return the offset behind the last byte written
     */
    public static int writeRfc3339(long micros, byte[] target, int offset) {
        long seconds = Math.floorDiv(micros, 1_000_000L);
        int fraction = (int) Math.floorMod(micros, 1_000_000L);
        long days = Math.floorDiv(seconds, 86_400L);
        int secondOfDay = (int) Math.floorMod(seconds, 86_400L);

        // Days to a civil date, counting years from March: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
        long shifted = days + 719_468;
        long era = Math.floorDiv(shifted, 146_097L);
        int dayOfEra = (int) (shifted - era * 146_097);
        int yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int marchMonth = (5 * dayOfYear + 2) / 153;
        int day = dayOfYear - (153 * marchMonth + 2) / 5 + 1;
        int month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
        int year = (int) (yearOfEra + era * 400) + (month <= 2 ? 1 : 0);

        int at = twoDigits(target, offset, year / 100);
        at = twoDigits(target, at, year % 100);
        target[at++] = '-';
        at = twoDigits(target, at, month);
        target[at++] = '-';
        at = twoDigits(target, at, day);
        target[at++] = 'T';
        at = twoDigits(target, at, secondOfDay / 3600);
        target[at++] = ':';
        at = twoDigits(target, at, secondOfDay / 60 % 60);
        target[at++] = ':';
        at = twoDigits(target, at, secondOfDay % 60);
        if (fraction != 0) {
            target[at++] = '.';
            at = threeDigits(target, at, fraction / 1000);
            if (fraction % 1000 != 0) {
                at = threeDigits(target, at, fraction % 1000);
            }
        }
        target[at++] = 'Z';
        return at;
    }

    /** {@code micros} as RFC 3339 UTC; see {@link #writeRfc3339}. */
    public static String toRfc3339(long micros) {
        byte[] text = new byte[27];
        int end = writeRfc3339(micros, text, 0);
        return new String(text, 0, end, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    private static int twoDigits(byte[] target, int at, int number) {
        target[at] = (byte) ('0' + number / 10);
        target[at + 1] = (byte) ('0' + number % 10);
        return at + 2;
    }

    private static int threeDigits(byte[] target, int at, int number) {
        target[at] = (byte) ('0' + number / 100);
        return twoDigits(target, at + 1, number % 100);
    }
}
