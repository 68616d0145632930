/** The commands: options, wiring, exit codes. */
@NullMarked
package io.hearth.simulator.cli;

import org.jspecify.annotations.NullMarked;
