/** What parameters of requests may be, and how each is read. */
@NullMarked
package io.hearth.rest.param;

import org.jspecify.annotations.NullMarked;
