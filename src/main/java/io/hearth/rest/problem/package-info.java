/** Errors as RFC 9457 problem details: their types, which are part of the contract, and what turns any failure into one. */
@NullMarked
package io.hearth.rest.problem;

import org.jspecify.annotations.NullMarked;
