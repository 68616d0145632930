package io.hearth.rest.param;

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
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Names of metrics, none twice: a text that separates them by commas, or a list. */
@Documented
@Constraint(validatedBy = {MetricList.Validator.class, MetricList.Names.class})
@Target({ElementType.PARAMETER, ElementType.FIELD})
@Retention(RetentionPolicy.RUNTIME)
public @interface MetricList {
    /** The most names. */
    int MAX = 1_000;

    /** What the OpenAPI document says of a parameter that names one metric. */
    String ONE_EACH =
            "A metric to answer, taken as it is, for names with a comma; may be given several times, also beside"
                    + " metrics.";

    String message() default "must be 1 to 1000 different names of metrics";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};

    /** Checks it; a parameter that is left out is valid. */
    final class Validator implements ConstraintValidator<MetricList, String> {
        @Override
        public boolean isValid(@Nullable String text, ConstraintValidatorContext context) {
            if (text == null) {
                return true;
            }
            return Names.areValid(List.of(text.split(",", -1)));
        }
    }

    /** Checks a list of names. */
    final class Names implements ConstraintValidator<MetricList, List<String>> {
        @Override
        public boolean isValid(@Nullable List<String> names, ConstraintValidatorContext context) {
            return names == null || areValid(names);
        }

        private static boolean areValid(List<String> names) {
            Set<String> seen = new HashSet<>();
            return names.size() <= MAX && names.stream().allMatch(name -> MetricName.isValid(name) && seen.add(name));
        }

        /** The names that two valid parameters ask for, each once, in the order given; empty asks for all. */
        public static List<String> of(@Nullable String separated, List<String> each) {
            Set<String> names = new LinkedHashSet<>();
            if (separated != null) {
                names.addAll(List.of(separated.split(",")));
            }
            names.addAll(each);
            return List.copyOf(names);
        }
    }
}
