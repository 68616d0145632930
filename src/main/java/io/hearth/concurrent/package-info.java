/** Threads of the service: how they are made, and how they pause. */
@NullMarked
package io.hearth.concurrent;

import org.jspecify.annotations.NullMarked;
