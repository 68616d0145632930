package io.hearth.config;

import static java.lang.annotation.ElementType.METHOD;
import static java.lang.annotation.ElementType.TYPE_USE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import jakarta.validation.Constraint;
import jakarta.validation.Payload;
import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;

/**
 * A setting lies in a range; the start is refused otherwise. For durations, sizes in bytes and whole numbers; both ends of
 * the range are written as a user writes the setting.
 */
@Documented
@Target({METHOD, TYPE_USE})
@Retention(RUNTIME)
@Constraint(
        validatedBy = {
            WithinValidators.OfDuration.class,
            WithinValidators.OfMemorySize.class,
            WithinValidators.OfInteger.class,
            WithinValidators.OfLong.class
        })
public @interface Within {
    /** The smallest value. */
    String min();

    /** The largest value. */
    String max();

    /** Whether zero is a value, too, although it is below {@link #min}. */
    boolean orZero() default false;

    String message() default "is out of range";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
}
