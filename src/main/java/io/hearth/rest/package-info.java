/**
 * REST under {@code /api/v1}: resources, what they take (validated, each wrong field named) and what they answer (streamed
 * where it can be large; every error as RFC 9457 problem details). Translates between HTTP and the services; decides
 * nothing about the data.
 */
@NullMarked
package io.hearth.rest;

import org.jspecify.annotations.NullMarked;
