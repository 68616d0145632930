package io.hearth.config;

import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import java.math.BigInteger;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What checks {@link Within}, one class for each type of setting. */
public final class WithinValidators {
    private WithinValidators() {}

    /** Compares a value with the ends of a range. */
    public abstract static class Range<T, C extends Comparable<C>> implements ConstraintValidator<Within, T> {
        private final Function<T, C> size;
        private final Function<String, C> parse;
        private final C zero;

        @SuppressWarnings("NullAway.Init")
        private C min;

        @SuppressWarnings("NullAway.Init")
        private C max;

        private boolean orZero;
        private String message = "";

        Range(Function<T, C> size, Function<String, C> parse, C zero) {
            this.size = size;
            this.parse = parse;
            this.zero = zero;
        }

        @Override
        public void initialize(Within range) {
            min = parse.apply(range.min());
            max = parse.apply(range.max());
            orZero = range.orZero();
            message = "must be " + (orZero ? "0, or " : "") + "from " + range.min() + " to " + range.max();
        }

        @Override
        public boolean isValid(@Nullable T value, ConstraintValidatorContext context) {
            if (value == null) {
                return true;
            }
            C compared = size.apply(value);
            if (compared.compareTo(min) >= 0 && compared.compareTo(max) <= 0
                    || orZero && compared.compareTo(zero) == 0) {
                return true;
            }
            context.disableDefaultConstraintViolation();
            context.buildConstraintViolationWithTemplate(message).addConstraintViolation();
            return false;
        }
    }

    /** For durations. */
    public static final class OfDuration extends Range<Duration, Duration> {
        public OfDuration() {
            super(Function.identity(), DurationConverter::parseDuration, Duration.ZERO);
        }
    }

    /** For sizes in bytes. */
    public static final class OfMemorySize extends Range<MemorySize, BigInteger> {
        public OfMemorySize() {
            super(
                    MemorySize::asBigInteger,
                    text -> new MemorySizeConverter().convert(text).asBigInteger(),
                    BigInteger.ZERO);
        }
    }

    /** For whole numbers. */
    public static final class OfInteger extends Range<Integer, Long> {
        public OfInteger() {
            super(Integer::longValue, Long::valueOf, 0L);
        }
    }

    /** For whole numbers, also large ones. */
    public static final class OfLong extends Range<Long, Long> {
        public OfLong() {
            super(Function.identity(), Long::valueOf, 0L);
        }
    }
}
