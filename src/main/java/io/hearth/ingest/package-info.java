/**
 * Takes in what devices send: decode, validate, group, append, and only then say so. What cannot be stored becomes a dead
 * letter. Knows nothing of MQTT or HTTP; both hand in {@link io.hearth.ingest.Delivery deliveries}.
 */
@NullMarked
package io.hearth.ingest;

import org.jspecify.annotations.NullMarked;
