/** The commands of the jar, which work on what the service keeps, and end. */
@NullMarked
package io.hearth.cli;

import org.jspecify.annotations.NullMarked;
