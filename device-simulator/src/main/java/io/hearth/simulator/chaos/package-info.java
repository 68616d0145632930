/** Runs the user's commands, such as one that kills the service, at random moments of a run. */
@NullMarked
package io.hearth.simulator.chaos;

import org.jspecify.annotations.NullMarked;
