package io.hearth.rest.param;

import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.jspecify.annotations.Nullable;

/** The most elements of an answer: a whole number between two bounds. */
@Documented
@Constraint(validatedBy = Limit.Validator.class)
@Target({ElementType.PARAMETER, ElementType.FIELD})
@Retention(RetentionPolicy.RUNTIME)
public @interface Limit {
    /** The least limit. */
    int min() default 1;

    /** The greatest limit. */
    int max();

    String message() default "must be a whole number from {min} to {max}";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};

    /** Checks it; a parameter that is left out is valid. */
    final class Validator implements ConstraintValidator<Limit, String> {
        private int min;
        private int max;

        @Override
        public void initialize(Limit limit) {
            min = limit.min();
            max = limit.max();
        }

        @Override
        public boolean isValid(@Nullable String text, ConstraintValidatorContext context) {
            if (text == null) {
                return true;
            }
            try {
                int limit = Integer.parseInt(text);
                return limit >= min && limit <= max;
            } catch (NumberFormatException e) {
                return false;
            }
        }
    }
}
