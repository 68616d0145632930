/** Device shadows, in the words of the service and in those of AWS IoT. */
@NullMarked
package io.hearth.rest.shadow;

import org.jspecify.annotations.NullMarked;
