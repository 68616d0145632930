/** A lean MQTT 3.1.1 client for measuring: many connections on one thread, and what runs over them share. */
@NullMarked
package io.hearth.simulator.publish.raw;

import org.jspecify.annotations.NullMarked;
