/** Wires the rooms together, starts and stops them in order, and says whether they are well. Nobody uses this one. */
@NullMarked
package io.hearth.boot;

import org.jspecify.annotations.NullMarked;
