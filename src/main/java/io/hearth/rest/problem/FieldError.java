package io.hearth.rest.problem;

/**
 * What is wrong with one input.
 *
 * @param field the name of the parameter, as the caller wrote it
 * @param message what it must be
 */
public record FieldError(String field, String message) {}
