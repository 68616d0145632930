package io.hearth.rest.param;

import io.hearth.model.EpochMicros;
import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A time as {@link TimeText} takes it. */
@Documented
@Constraint(validatedBy = TimeExpression.Validator.class)
@Target({ElementType.PARAMETER, ElementType.FIELD})
@Retention(RetentionPolicy.RUNTIME)
public @interface TimeExpression {
    String message() default TimeText.EXPECTED;

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};

    /** Checks it; a parameter that is left out is valid. */
    final class Validator implements ConstraintValidator<TimeExpression, String> {
        @Override
        public boolean isValid(@Nullable String text, ConstraintValidatorContext context) {
            if (text == null) {
                return true;
            }
            try {
                TimeText.parse(text, EpochMicros.of(Instant.now()));
                return true;
            } catch (IllegalArgumentException e) {
                return false;
            }
        }
    }
}
