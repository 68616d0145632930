package io.hearth.rest.readings;

import io.hearth.series.aggregate.Every;
import io.hearth.series.aggregate.Fill;
import io.hearth.series.aggregate.Function;
import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A part of the question what buckets come to, in the syntax of its kind. */
@Documented
@Constraint(validatedBy = AggregateTerm.Validator.class)
@Target({ElementType.PARAMETER, ElementType.FIELD})
@Retention(RetentionPolicy.RUNTIME)
@interface AggregateTerm {
    Kind value();

    String message() default "";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};

    /** What is said. */
    enum Kind {
        EVERY("must be a bucket width: whole milliseconds or more as in 5m, 1h30m or PT5M, days as in 1d, 1w or P1D, or"
                + " months as in 1M, 1mo, 1q, 1y or P1M") {
            @Override
            boolean accepts(String text) {
                Every.parse(text);
                return true;
            }
        },
        FUNCTIONS("must be functions, separated by commas, none twice, of "
                + String.join(
                        ", ", Stream.of(Function.values()).map(Function::text).toList())) {
            @Override
            boolean accepts(String text) {
                Set<Function> seen = new HashSet<>();
                return functionsOf(text).stream().allMatch(seen::add);
            }
        },
        ZONE("must be a time zone, as in Europe/Berlin, UTC or +02:00") {
            @Override
            boolean accepts(String text) {
                zoneOf(text);
                return true;
            }
        },
        FILL("must be one of "
                + String.join(", ", Stream.of(Fill.values()).map(Fill::text).toList())) {
            @Override
            boolean accepts(String text) {
                Fill.parse(text);
                return true;
            }
        };

        private final String expected;

        Kind(String expected) {
            this.expected = expected;
        }

        /** Whether {@code text} is of this kind; may fail as parsing it does instead. */
        abstract boolean accepts(String text);

        /** The functions that {@code text} lists; fails with {@link IllegalArgumentException} if one of them is none. */
        static List<Function> functionsOf(String text) {
            return Stream.of(text.split(",", -1)).map(Function::parse).toList();
        }

        /** The zone of that name; fails with {@link DateTimeException} if there is none. */
        static ZoneId zoneOf(String text) {
            // A plus sign that was not percent-encoded arrives as a space.
            return ZoneId.of(text.replace(' ', '+'));
        }
    }

    /** Checks it; a parameter that is left out is valid. */
    final class Validator implements ConstraintValidator<AggregateTerm, String> {
        @SuppressWarnings("NullAway.Init") // by initialize
        private Kind kind;

        @Override
        public void initialize(AggregateTerm term) {
            kind = term.value();
        }

        @Override
        public boolean isValid(@Nullable String text, ConstraintValidatorContext context) {
            if (text == null) {
                return true;
            }
            try {
                if (kind.accepts(text)) {
                    return true;
                }
            } catch (IllegalArgumentException | DateTimeException e) {
                // It is not; the message says what would be.
            }
            context.disableDefaultConstraintViolation();
            context.buildConstraintViolationWithTemplate(kind.expected).addConstraintViolation();
            return false;
        }
    }
}
