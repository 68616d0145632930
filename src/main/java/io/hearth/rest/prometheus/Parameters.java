package io.hearth.rest.prometheus;

import io.hearth.model.EpochMicros;
import io.hearth.promql.LabelMatcher;
import io.hearth.promql.Parser;
import io.hearth.promql.PromDuration;
import io.hearth.promql.PromQlException;
import io.hearth.promql.PromQlException.Type;
import jakarta.ws.rs.core.MultivaluedMap;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The parameters of a request, of its query and its form alike; those that are not known are ignored, as by Prometheus. */
final class Parameters {
    private static final int MAX_NUMBER_LENGTH = 40;
    private static final Duration MAX_TIMEOUT = Duration.ofMinutes(2);

    private final MultivaluedMap<String, String> query;
    private final MultivaluedMap<String, String> form;

    Parameters(MultivaluedMap<String, String> query, MultivaluedMap<String, String> form) {
        this.query = query;
        this.form = form;
    }

    /** The values of a parameter that may be given several times; those of the form first. */
    List<String> all(String name) {
        List<String> values = new ArrayList<>(form.getOrDefault(name, List.of()));
        values.addAll(query.getOrDefault(name, List.of()));
        return values;
    }

    /** The first value; empty if there is none. */
    String first(String name) {
        List<String> values = all(name);
        return values.isEmpty() ? "" : values.get(0);
    }

    /** A time: seconds since 1970 with a fraction, rounded to the millisecond, or RFC 3339, rounded down to it. */
    long timeMicros(String name) {
        return parsed(name, Parameters::timeMicrosOf);
    }

    long timeMicrosOr(String name, long otherwise) {
        return first(name).isEmpty() ? otherwise : timeMicros(name);
    }

    /** A duration: seconds with a fraction, or as {@code 1h30m}. */
    long durationMicros(String name) {
        return parsed(name, Parameters::durationMicrosOf);
    }

    OptionalLong durationMicrosIfGiven(String name) {
        return first(name).isEmpty() ? OptionalLong.empty() : OptionalLong.of(durationMicros(name));
    }

    /** {@code timeout}, at most two minutes. */
    Duration timeout() {
        OptionalLong micros = durationMicrosIfGiven("timeout");
        Duration timeout = micros.isEmpty() ? MAX_TIMEOUT : Duration.ofMillis(micros.getAsLong() / 1000);
        return timeout.compareTo(MAX_TIMEOUT) < 0 ? timeout : MAX_TIMEOUT;
    }

    /** {@code limit}: the most elements to answer; 0 and none are no limit. */
    long limit() {
        return parsed("limit", text -> {
            long limit = text.isEmpty() ? 0 : Long.parseLong(text);
            if (limit < 0) {
                throw new IllegalArgumentException("limit must be non-negative");
            }
            return limit == 0 ? Long.MAX_VALUE : limit;
        });
    }

    /** The selectors of {@code match[]}; none selects everything. */
    List<List<LabelMatcher>> matches() {
        List<List<LabelMatcher>> matches = new ArrayList<>();
        long regexElements = 0;
        for (String selector : all("match[]")) {
            try {
                List<LabelMatcher> matchers = Parser.parseMatchers(selector);
                regexElements +=
                        matchers.stream().mapToLong(LabelMatcher::elements).sum();
                LabelMatcher.requireSize(regexElements);
                matches.add(matchers);
            } catch (PromQlException e) {
                throw invalid("match[]", e.getMessage());
            }
        }
        return matches;
    }

    static PromQlException invalid(String name, @Nullable String message) {
        return new PromQlException(Type.BAD_DATA, "invalid parameter \"" + name + "\": " + message);
    }

    private long parsed(String name, Function<String, Long> parser) {
        try {
            return parser.apply(first(name));
        } catch (NumberFormatException e) {
            throw invalid(name, "cannot parse \"" + first(name) + "\" to a number");
        } catch (IllegalArgumentException e) {
            throw invalid(name, e.getMessage());
        }
    }

    private static long timeMicrosOf(String text) {
        long micros;
        try {
            micros = isNumber(text)
                    ? new BigDecimal(text)
                                    .movePointRight(3)
                                    .setScale(0, RoundingMode.HALF_UP)
                                    .longValueExact()
                            * 1000
                    : OffsetDateTime.parse(text).toInstant().toEpochMilli() * 1000;
        } catch (DateTimeException | ArithmeticException e) {
            throw new IllegalArgumentException("cannot parse \"" + text + "\" to a valid timestamp", e);
        }
        if (micros < EpochMicros.MIN_RFC3339 || micros > EpochMicros.MAX_RFC3339) {
            throw new IllegalArgumentException("\"" + text + "\" is not between the years 0 and 9999");
        }
        return micros;
    }

    private static long durationMicrosOf(String text) {
        if (!isNumber(text)) {
            return PromDuration.parseMicros(text);
        }
        return PromDuration.ofSeconds(Double.parseDouble(text));
    }

    private static boolean isNumber(String text) {
        return text.length() <= MAX_NUMBER_LENGTH
                && text.matches("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]{1,3})?");
    }
}
