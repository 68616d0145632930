/** The shadow traffic of a scenario: apps that write desired states, and devices that follow them. */
@NullMarked
package io.hearth.simulator.publish.shadow;

import org.jspecify.annotations.NullMarked;
