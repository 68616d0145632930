package io.hearth.rest.param;

import static java.lang.annotation.ElementType.PARAMETER;
import static java.lang.annotation.ElementType.TYPE_USE;

import jakarta.validation.Constraint;
import jakarta.validation.Payload;
import jakarta.validation.constraints.Pattern;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A device id, as {@link io.hearth.model.DeviceId} takes it. */
@Documented
@Constraint(validatedBy = {})
@Pattern(regexp = "[a-zA-Z0-9:_-]{1,128}", message = "must be a device id: 1 to 128 of a-z A-Z 0-9 : _ -")
@Target({PARAMETER, ElementType.FIELD, TYPE_USE})
@Retention(RetentionPolicy.RUNTIME)
public @interface DeviceIdText {
    String message() default "";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
}
