/**
 * REST: what holds for every route, beside the rooms for each resource. Resources say what they take (validated, each
 * wrong field named) and what they answer (streamed where it can be large; every error as RFC 9457 problem details). They
 * translate between HTTP and the services, and decide nothing about the data.
 */
@NullMarked
package io.hearth.rest;

import org.jspecify.annotations.NullMarked;
