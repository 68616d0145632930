/** Plays a whole scenario: its phases, absences, storms and clients that misbehave. */
@NullMarked
package io.hearth.simulator.publish.scenario;

import org.jspecify.annotations.NullMarked;
