/** Readings out as files. */
@NullMarked
package io.hearth.rest.export;

import org.jspecify.annotations.NullMarked;
