package io.hearth.rest;

import io.hearth.model.MetricName;
import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Names of metrics, separated by commas, none twice. */
@Documented
@Constraint(validatedBy = MetricList.Validator.class)
@Target({ElementType.PARAMETER, ElementType.FIELD})
@Retention(RetentionPolicy.RUNTIME)
@interface MetricList {
    /** The most names. */
    int MAX = 1_000;

    String message() default "must be 1 to 1000 different names of metrics, separated by commas";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};

    /** Checks it; a parameter that is left out is valid. */
    final class Validator implements ConstraintValidator<MetricList, String> {
        @Override
        public boolean isValid(@Nullable String text, ConstraintValidatorContext context) {
            if (text == null) {
                return true;
            }
            String[] names = text.split(",", -1);
            Set<String> seen = new HashSet<>();
            return names.length <= MAX
                    && Arrays.stream(names).allMatch(name -> MetricName.isValid(name) && seen.add(name));
        }
    }
}
