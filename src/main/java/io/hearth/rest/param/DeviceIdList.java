package io.hearth.rest.param;

import io.hearth.model.DeviceId;
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

/** Device ids, separated by commas, none twice. */
@Documented
@Constraint(validatedBy = DeviceIdList.Validator.class)
@Target({ElementType.PARAMETER, ElementType.FIELD})
@Retention(RetentionPolicy.RUNTIME)
public @interface DeviceIdList {
    /** The most ids. */
    int MAX = 1_000;

    String message() default "must be 1 to 1000 different device ids, separated by commas";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};

    /** Checks it; a parameter that is left out is valid. */
    final class Validator implements ConstraintValidator<DeviceIdList, String> {
        @Override
        public boolean isValid(@Nullable String text, ConstraintValidatorContext context) {
            if (text == null) {
                return true;
            }
            String[] ids = text.split(",", -1);
            Set<String> seen = new HashSet<>();
            return ids.length <= MAX && Arrays.stream(ids).allMatch(id -> DeviceId.isValid(id) && seen.add(id));
        }
    }
}
