/** Publishes through Eclipse Paho, as real devices do. */
@NullMarked
package io.hearth.simulator.publish.paho;

import org.jspecify.annotations.NullMarked;
