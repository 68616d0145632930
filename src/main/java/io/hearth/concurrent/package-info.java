/** Threads of the service. */
@NullMarked
package io.hearth.concurrent;

import org.jspecify.annotations.NullMarked;
