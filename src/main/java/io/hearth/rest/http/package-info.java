/** Bodies of requests and answers, whatever they carry. */
@NullMarked
package io.hearth.rest.http;

import org.jspecify.annotations.NullMarked;
