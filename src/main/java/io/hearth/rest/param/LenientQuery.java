package io.hearth.rest.param;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Takes query parameters that it does not have, and repeated ones, which {@link StrictQuery} refuses elsewhere: for APIs
 * that are not ours, whose clients may rely on it.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface LenientQuery {}
