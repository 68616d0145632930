/** Erasure of a device as a whole: of its readings, and with them of everything else that is kept of it. */
@NullMarked
package io.hearth.erasure;

import org.jspecify.annotations.NullMarked;
