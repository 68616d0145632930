/** Who asks, and what each may do. How credentials are checked is the matter of {@code security}. */
@NullMarked
package io.hearth.identity;

import org.jspecify.annotations.NullMarked;
