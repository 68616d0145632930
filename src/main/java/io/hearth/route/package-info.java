/** Which routes the resources declare, and what each says of itself by annotations. */
@NullMarked
package io.hearth.route;

import org.jspecify.annotations.NullMarked;
